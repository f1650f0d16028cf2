"""Training the pocket models from nothing: ``base``, then ``tools`` with the ladder on the way, then the twins.

One code path for CPU and CUDA. The state is saved every few minutes and on interruption; ``resume`` goes
on from it, or from the shipped weights alone with a fresh optimizer. Finished stages are written as
transformers folders under data/models, the twins in 8 bits as the ladder is.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.core.environment import hardware, versions
from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir, nearest, repo_root
from workbook.finetune.development import dev_scores
from workbook.finetune.pretrain import (
    PRESETS,
    Preset,
    Tensors,
    build_model,
    copying_batch,
    optimizers,
    rate_factor,
    to_tensors,
    tokenizer_for,
    weighted_loss,
)
from workbook.finetune.runs import Record, Run, export, export_twin, load_state, load_weights, save_state
from workbook.finetune.stream import Stream, StreamConfig
from workbook.models.ladder import TWINS, save_rung

if TYPE_CHECKING:
    import torch

MODEL_NAMES = {"base": "pocket-base", "tools": "pocket"}
TRAINED = (*MODEL_NAMES, *TWINS)
LADDER = (10, 20, 40, 60, 85)  # a rung is kept when so many per cent of the development calls are right
SAVE_EVERY = 240.0  # seconds
COPY_TOKENS = 3_000_000  # copying is taught until its loss is under one half, or for so many tokens
COPY_LOSS = 0.5


Progress = Callable[[str], None]


def train_pocket(
    preset: str = "cpu",
    resume: bool = False,
    stages: tuple[str, ...] = TRAINED,
    out: Path | None = None,
    progress: Progress = print,
) -> None:
    """Train the pocket models and write them under ``out`` (default: data/models).

    Raises ``WorkbookError`` for an unknown preset, or for a later stage without a base.
    """
    if preset not in PRESETS:
        raise WorkbookError(f"unknown preset {preset!r}", f"did you mean {nearest(preset, PRESETS)!r}?")
    models = out or data_dir() / "models"
    for stage in stages:
        run = _open_run(PRESETS[preset], stage, models, resume, progress)
        _train(run, models, progress)
        if stage in TWINS:
            export_twin(run, models / "twins")
        else:
            export(run, models / MODEL_NAMES[stage])
        progress(f"{stage}: written")


def _open_run(preset: Preset, stage: str, models: Path, resume: bool, progress: Progress) -> Run:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = tokenizer_for(preset, models / MODEL_NAMES["base"])
    model = build_model(preset, tokenizer).to(device)
    folder = repo_root() / "runs" / "train" / preset.name
    folder.mkdir(parents=True, exist_ok=True)
    record = Record(stage, asdict(preset), hardware(), versions())
    run = Run(preset, stage, model, tokenizer, optimizers(model, preset), record, device, folder)
    if resume and run.state_file.exists():
        load_state(run)
        progress(f"{stage}: goes on at {run.record.tokens:,} tokens")
    elif resume and stage in MODEL_NAMES and (models / MODEL_NAMES[stage] / "model.safetensors").exists():
        load_weights(run.model, models / MODEL_NAMES[stage])
        progress(f"{stage}: starts from the shipped weights, with a fresh optimizer")
    elif stage != "base":
        if not (models / MODEL_NAMES["base"] / "model.safetensors").exists():
            raise WorkbookError(f"the {stage} stage needs a trained base", "run `workbook train pocket` without stages")
        load_weights(run.model, models / MODEL_NAMES["base"])
        for rung in (models / "ladder").glob("*.safetensors") if stage == "tools" else ():
            rung.unlink()  # a ladder is of one run
    return run


class _Interrupt:
    """Within its block, SIGINT and SIGTERM only raise a flag, so that the state is saved between two steps."""

    raised = False

    def __enter__(self) -> _Interrupt:
        self._before = {sign: signal.signal(sign, self._raise) for sign in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for sign, handler in self._before.items():
            signal.signal(sign, handler)

    def _raise(self, *_: object) -> None:
        self.raised = True


def _train(run: Run, models: Path, progress: Progress) -> None:
    import torch

    body = torch.compile(run.model.model, dynamic=False) if run.preset.compile else run.model.model
    run.model.train()
    if run.stage == "base" and run.record.tokens == 0:
        _teach_copying(run, body, progress)
    stream = Stream(_stream_config(run, models))
    with _Interrupt() as stop:
        try:
            _loop(run, body, stream, stop, models, progress)
        finally:
            stream.close()
    save_state(run)
    if stop.raised:
        raise WorkbookError(
            "training was interrupted; the state is saved", "go on with `workbook train pocket --resume`"
        )


def _stream_config(run: Run, models: Path) -> StreamConfig:
    return StreamConfig(
        run.stage,
        models / MODEL_NAMES["base"],
        data_dir() / "tasks",
        run.preset.seed,
        run.preset.tokens(run.stage),
        run.preset.batch_tokens,
        start_tokens=run.record.tokens,
        workers=run.preset.workers,
    )


def _factor(run: Run, total: int, step_tokens: int) -> float:
    """The schedule of the whole stage, under a short warm-up after a resume (the optimizer may be a fresh one)."""
    warmup = run.preset.warmup * step_tokens
    since = (run.record.tokens - run.warm_from + step_tokens) / warmup
    return min(rate_factor(run.record.tokens + step_tokens, total, warmup), since)


def _loop(run: Run, body: Any, stream: Stream, stop: _Interrupt, models: Path, progress: Progress) -> None:
    record, total, recent = run.record, run.preset.tokens(run.stage), []
    saved = noted = time.monotonic()
    started, before, counted = time.monotonic(), record.seconds, Counter(record.funnel)
    next_dev = record.tokens + run.preset.dev_every
    for batch in stream:
        factor = _factor(run, total, batch.ids.size)
        loss = _step(run, body, to_tensors(batch, run.device), factor)
        record.tokens += batch.ids.size
        recent.append(loss)
        record.seconds = before + time.monotonic() - started
        record.funnel = dict(counted + stream.counts)
        if time.monotonic() - noted > 20:
            _note(run, recent, total, progress)
            recent, noted = [], time.monotonic()
        if record.tokens >= next_dev or record.tokens >= total:
            _visit_dev(run, models, progress)
            next_dev += run.preset.dev_every
        if time.monotonic() - saved > SAVE_EVERY:
            save_state(run)
            saved = time.monotonic()
        if stop.raised or record.tokens >= total:
            return


def _note(run: Run, recent: list[torch.Tensor], total: int, progress: Progress) -> None:
    record = run.record
    loss = float(sum(recent) / len(recent))
    record.loss.append((record.tokens, round(loss, 4)))
    speed = record.tokens / max(record.seconds, 1e-9)
    progress(f"{run.stage}: {record.tokens:,} of {total:,} tokens, loss on answers {loss:.4f}, {speed:,.0f} tokens/s")


def _step(run: Run, body: Any, batch: Tensors, factor: float) -> torch.Tensor:
    """One update; gives the loss on the answers alone."""
    import torch

    with torch.autocast(run.device, dtype=torch.bfloat16):
        rare = batch.ids.shape[1] > 2048  # not worth a compilation
        loss, answers = weighted_loss(run.model, run.model.model if rare else body, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    for optimizer in run.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        optimizer.step()
        optimizer.zero_grad()
    return answers


def _teach_copying(run: Run, body: Any, progress: Progress) -> None:
    """Batches whose second half repeats the first, until that is easy."""
    import torch

    generator, seen, loss = torch.Generator().manual_seed(run.preset.seed), 0, 99.0
    while loss > COPY_LOSS and seen < COPY_TOKENS:
        batch = copying_batch(run.preset, generator, run.device)
        size = batch.ids.numel()
        seen += size
        step = _step(run, body, batch, min(1.0, seen / (run.preset.warmup * size)))
        loss = 0.9 * min(loss, 12.0) + 0.1 * float(step)
        if (seen // size) % 40 == 0:
            progress(f"copying: {seen:,} tokens, loss {loss:.2f}")
    progress(f"copying: learned to a loss of {loss:.2f} in {seen:,} tokens")


def _visit_dev(run: Run, models: Path, progress: Progress) -> None:
    """Score the development set, and keep the rung of the ladder that has been reached."""
    scores = dev_scores(run)
    score = next(iter(scores.values()))
    run.record.dev.append((run.record.tokens, score))
    progress(f"{run.stage}: development set, " + ", ".join(f"{k} {v:.2f}" for k, v in scores.items()))
    if run.stage != "tools":
        return
    ladder = models / "ladder"
    if sum(score * 100 >= step for step in LADDER) > len(list(ladder.glob("*.safetensors"))):
        rung = ladder / f"{run.record.tokens // 10**6:04d}M.safetensors"
        save_rung(rung, run.model.state_dict(), run.model.config.to_diff_dict())
