"""Training the pocket models from nothing: ``base``, then ``tools``, and the ladder on the way.

One code path for CPU and CUDA. The state is saved every few minutes and on interruption; ``resume`` goes
on from it, or from the shipped weights alone with a fresh optimizer. Finished stages are written as
transformers folders under data/models.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from workbook.core.errors import WorkbookError
from workbook.core.settings import data_dir, nearest, repo_root
from workbook.finetune.conversations import MAKERS, Example
from workbook.finetune.pretrain import (
    PRESETS,
    Preset,
    build_model,
    copying_batch,
    optimizers,
    rate_factor,
    tokenizer_for,
    weighted_loss,
)
from workbook.finetune.stream import Stream, StreamConfig, render
from workbook.finetune.tokenizer import END
from workbook.models.loading import fingerprint

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

MODEL_NAMES = {"base": "pocket-base", "tools": "pocket"}
LADDER = (20, 40, 60, 85)  # rungs: per cent of right calls on the development set
SAVE_EVERY = 240.0  # seconds
COPY_TOKENS = 3_000_000  # copying is taught until its loss is under one half, or for so many tokens
COPY_LOSS = 0.5


@dataclass
class Record:
    """What a model card needs to know about a stage; written as JSON beside the weights."""

    stage: str
    preset: dict[str, Any]
    hardware: str
    versions: dict[str, str]
    tokens: int = 0
    seconds: float = 0.0
    loss: list[tuple[int, float]] = field(default_factory=list)
    dev: list[tuple[int, float]] = field(default_factory=list)
    funnel: dict[str, int] = field(default_factory=dict)
    resumed_at: list[int] = field(default_factory=list)


@dataclass
class Run:
    """A stage under way: everything that a checkpoint holds."""

    preset: Preset
    stage: str
    model: LlamaForCausalLM
    tokenizer: PreTrainedTokenizerFast
    optimizers: list[torch.optim.Optimizer]
    record: Record
    device: str
    folder: Path
    warm_from: int = 0

    @property
    def state_file(self) -> Path:
        """Where the full state of this stage is kept."""
        return self.folder / f"{self.stage}.pt"


Progress = Callable[[str], None]


def train_pocket(
    preset: str = "cpu",
    resume: bool = False,
    stages: tuple[str, ...] = ("base", "tools"),
    out: Path | None = None,
    progress: Progress = print,
) -> None:
    """Train the pocket models and write them under ``out`` (default: data/models).

    Raises ``WorkbookError`` for an unknown preset, or for a tools stage without a base.
    """
    if preset not in PRESETS:
        raise WorkbookError(f"unknown preset {preset!r}", f"did you mean {nearest(preset, PRESETS)!r}?")
    models = out or data_dir() / "models"
    for stage in stages:
        run = _open_run(PRESETS[preset], stage, models, resume, progress)
        _train(run, models, progress)
        export(run, models / MODEL_NAMES[stage])
        progress(f"{stage}: wrote {MODEL_NAMES[stage]}")


def _open_run(preset: Preset, stage: str, models: Path, resume: bool, progress: Progress) -> Run:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = tokenizer_for(preset, models / MODEL_NAMES["base"])
    model = build_model(preset, tokenizer).to(device)
    folder = repo_root() / "runs" / "train" / preset.name
    folder.mkdir(parents=True, exist_ok=True)
    record = Record(stage, asdict(preset), _hardware(device), _versions())
    run = Run(preset, stage, model, tokenizer, optimizers(model, preset), record, device, folder)
    if resume and run.state_file.exists():
        _load_state(run)
        progress(f"{stage}: goes on at {run.record.tokens:,} tokens")
    elif resume and (models / MODEL_NAMES[stage] / "model.safetensors").exists():
        _load_weights(run.model, models / MODEL_NAMES[stage])
        progress(f"{stage}: starts from the shipped weights, with a fresh optimizer")
    elif stage == "tools":
        if not (models / MODEL_NAMES["base"] / "model.safetensors").exists():
            raise WorkbookError("the tools stage needs a trained base", "run `workbook train pocket` without stages")
        _load_weights(run.model, models / MODEL_NAMES["base"])
    return run


def _load_weights(model: LlamaForCausalLM, folder: Path) -> None:
    from safetensors.torch import load_file

    weights = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    model.load_state_dict(weights, strict=False)
    model.tie_weights()


def _load_state(run: Run) -> None:
    import torch

    state = torch.load(run.state_file, map_location=run.device, weights_only=True)
    run.model.load_state_dict(state["model"])
    for optimizer, saved in zip(run.optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    run.record = Record(**state["record"])
    run.record.resumed_at.append(run.record.tokens)
    run.warm_from = run.record.tokens


def _save_state(run: Run) -> None:
    """Write aside, then rename: a killed process leaves the older state whole."""
    import torch

    state = {
        "model": run.model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in run.optimizers],
        "record": asdict(run.record),
    }
    aside = run.state_file.with_suffix(".tmp")
    torch.save(state, aside)
    os.replace(aside, run.state_file)


def _hardware(device: str) -> str:
    import torch

    if device == "cuda":
        return str(torch.cuda.get_device_name())
    return f"{os.cpu_count()} CPU cores ({platform.machine()})"


def _versions() -> dict[str, str]:
    import torch
    import transformers

    return {"python": platform.python_version(), "torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}


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

    body = torch.compile(run.model.model) if run.preset.compile else run.model.model
    run.model.train()
    if run.stage == "base" and run.record.tokens == 0:
        _teach_copying(run, body, progress)
    stream = Stream(_stream_config(run, models))
    with _Interrupt() as stop:
        try:
            _loop(run, body, stream, stop, models, progress)
        finally:
            stream.close()
    if stop.raised:
        _save_state(run)
        raise WorkbookError("training was interrupted; the state is saved", "go on with `workbook train pocket --resume`")


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


def _loop(run: Run, body: Any, stream: Stream, stop: _Interrupt, models: Path, progress: Progress) -> None:
    import torch

    record, total, recent = run.record, run.preset.tokens(run.stage), []
    saved = noted = time.monotonic()
    started, before = time.monotonic(), record.seconds
    next_dev = record.tokens + run.preset.dev_every
    for ids, weights in stream:
        factor = rate_factor(record.tokens - run.warm_from + 1, total - run.warm_from, run.preset.warmup * ids.size)
        loss = _step(run, body, torch.from_numpy(ids).long(), torch.from_numpy(weights), factor)
        record.tokens += ids.size
        recent.append(loss)
        record.seconds = before + time.monotonic() - started
        record.funnel = dict(stream.counts)
        if time.monotonic() - noted > 20:
            _note(run, recent, total, progress)
            recent, noted = [], time.monotonic()
        if record.tokens >= next_dev or record.tokens >= total:
            _visit_dev(run, models, progress)
            next_dev += run.preset.dev_every
        if time.monotonic() - saved > SAVE_EVERY:
            _save_state(run)
            saved = time.monotonic()
        if stop.raised or record.tokens >= total:
            return


def _note(run: Run, recent: list[torch.Tensor], total: int, progress: Progress) -> None:
    record = run.record
    loss = float(sum(recent) / len(recent))
    record.loss.append((record.tokens, round(loss, 4)))
    speed = record.tokens / max(record.seconds, 1e-9)
    progress(f"{run.stage}: {record.tokens:,} of {total:,} tokens, loss {loss:.3f}, {speed:,.0f} tokens/s")


def _step(run: Run, body: Any, ids: torch.Tensor, weights: torch.Tensor, factor: float) -> torch.Tensor:
    import torch

    ids, weights = ids.to(run.device), weights.to(run.device)
    with torch.autocast(run.device, dtype=torch.bfloat16):
        loss = weighted_loss(run.model, run.model.model if ids.shape[1] > 1024 else body, ids, weights)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    for optimizer in run.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        optimizer.step()
        optimizer.zero_grad()
    return loss.detach()


def _teach_copying(run: Run, body: Any, progress: Progress) -> None:
    """Batches whose second half repeats the first, until that is easy."""
    import torch

    generator, seen, loss = torch.Generator().manual_seed(run.preset.seed), 0, 99.0
    while loss > COPY_LOSS and seen < COPY_TOKENS:
        ids, weights = copying_batch(run.preset, generator)
        seen += ids.numel()
        step = _step(run, body, ids, weights, min(1.0, seen / (run.preset.warmup * ids.numel())))
        loss = 0.9 * min(loss, 12.0) + 0.1 * float(step)
        if (seen // ids.numel()) % 40 == 0:
            progress(f"copying: {seen:,} tokens, loss {loss:.2f}")
    progress(f"copying: learned to a loss of {loss:.2f} in {seen:,} tokens")


def _visit_dev(run: Run, models: Path, progress: Progress) -> None:
    """Score the development set, and keep the rung of the ladder that has been reached."""
    scores = dev_scores(run)
    run.record.dev.append((run.record.tokens, scores["call"]))
    progress(f"{run.stage}: development set, " + ", ".join(f"{k} {v:.2f}" for k, v in scores.items()))
    if run.stage != "tools":
        return
    from workbook.models.ladder import save_rung

    for rung in LADDER:
        file = models / "ladder" / f"{rung}.safetensors"
        if scores["call"] * 100 >= rung and not file.exists():
            save_rung(file, run.model.state_dict(), run.model.config.to_diff_dict())
            break


def dev_scores(run: Run, count: int = 64) -> dict[str, float]:
    """Share of answers that equal the reference word for word, by kind, with one to four tools.

    The set is drawn from the held-out split with a seed of its own; it is not one of the frozen sets.
    """
    rng = Random("development")
    kinds = ("call", "ask", "decline") if run.stage == "tools" else ()
    examples: list[Example] = [MAKERS[kind](rng, "held_out", rng.randint(1, 4)) for kind in kinds for _ in range(count)]
    if not kinds:
        from workbook.finetune import general

        examples = [general.MAKERS[kind][1](rng, "held_out") for kind in ("write_json", "fact", "arithmetic") for _ in range(count)]
        kinds = ("write_json", "fact", "arithmetic")
    replies = _greedy(run, examples)
    scores = {}
    for i, kind in enumerate(kinds):
        part = range(i * count, (i + 1) * count)
        scores[kind] = sum(_right(examples[j], replies[j], run.tokenizer) for j in part) / count
    return {"call": scores.get("call", scores.get("write_json", 0.0)), **scores}


def _right(example: Example, reply: str, tokenizer: PreTrainedTokenizerFast) -> bool:
    if example.kind in ("ask", "fact"):
        return "<tool_call>" not in reply and any(word in reply for word in example.accept)
    if example.kind == "decline":
        return "<tool_call>" not in reply and "?" not in reply
    whole = render(example, tokenizer)
    return whole[len(render(example, tokenizer, prompt_only=True)) :].strip() == reply.strip()


def _greedy(run: Run, examples: list[Example], rows: int = 32) -> list[str]:
    import torch

    run.model.eval()
    replies = []
    for i in range(0, len(examples), rows):
        prompts = [render(example, run.tokenizer, prompt_only=True) for example in examples[i : i + rows]]
        batch = run.tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(run.device)
        with torch.no_grad(), torch.autocast(run.device, dtype=torch.bfloat16):
            out = run.model.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], max_new_tokens=140, do_sample=False
            )
        texts = run.tokenizer.batch_decode(out[:, batch["input_ids"].shape[1] :], skip_special_tokens=False)
        replies += [text.split(END)[0] + END for text in texts]
    run.model.train()
    return replies


def export(run: Run, folder: Path) -> None:
    """Write weights (bf16, safetensors), tokenizer, template and training record as a transformers folder."""
    import copy

    import torch

    model = copy.deepcopy(run.model).to(torch.bfloat16)
    model.generation_config.eos_token_id = run.tokenizer.get_vocab()[END]
    model.generation_config.max_new_tokens = None
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, safe_serialization=True)
    run.tokenizer.save_pretrained(folder)
    made = {**asdict(run.record), "sha256": fingerprint([folder / "model.safetensors"])}
    text = json.dumps(made, indent=1)
    (folder / "training.json").write_text(text + "\n", encoding="utf-8")


