"""From an id to a model: the shipped ones, a folder, a hub id, a GGUF file, or a server's URL.

Weights are read from safetensors only, and code that comes with a model is never
run. Offline, an id that is not in the cache ends in an error that says what was
tried; nothing is ever replaced by another model.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbook.core.errors import UsageError
from workbook.core.settings import data_dir, nearest, unknown
from workbook.models.adapters import SHIPPED_ADAPTERS, is_adapter, load_adapter
from workbook.models.base import LanguageModel, ModelError
from workbook.models.ladder import TWINS, load_rung, rung_names, rung_path

if TYPE_CHECKING:
    from workbook.models.local import TransformersModel

SHIPPED = ("pocket", "pocket-base")
DEVICES = ("auto", "cpu", "cuda")
WANTED = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.jinja", "*.model", "*.txt"]
UNWANTED = ["consolidated*", "original/*", "onnx/*"]
PROBE_SECONDS = 3.0


def load_model(id: str = "pocket", device: str = "auto") -> LanguageModel:
    """The model that ``id`` names.

    ``id``: ``pocket``, ``pocket-base``, ``pocket@RUNG`` (or ``@asking``, ``@guessing``), a shipped adapter, a folder
    (of a model, or of a LoRA adapter, which is merged into its base), a hub id such as ``Qwen/Qwen3-0.6B``, a file for
    llama.cpp (``model.gguf``, which runs on the processor), or the URL of an OpenAI-compatible server
    (``http://host:8000/v1``, ``...#model`` to choose among several).
    ``device``: ``auto`` takes CUDA when it is there.
    """
    if device not in DEVICES:
        raise unknown("device", device, DEVICES)
    if id.startswith(("http://", "https://")):
        from workbook.models.server import ServerModel

        return ServerModel(id)
    if id.endswith(".gguf"):
        return _load_gguf(id, device)
    return load_local(id, device)


def load_local(id: str, device: str = "auto") -> TransformersModel:
    """The same for models that run on this machine: their tokens and logits can be seen."""
    placed = choose_device(device)
    if id.startswith("pocket@"):
        return _load_rung(id, placed)
    folder = find_folder(id)
    if is_adapter(folder):
        return load_adapter(id, folder, lambda base: load_local(base, device))
    return _load_folder(id, folder, placed)


def known_models() -> list[str]:
    """Ids that load without a network: what is shipped, the ladder and the twins, and the hub's cache."""
    models = data_dir() / "models"
    shipped = [name for name in SHIPPED if (models / name / "config.json").is_file()]
    shipped += [name for name in SHIPPED_ADAPTERS if is_adapter(models / name)]
    stored = [*rung_names(), *(name for name in TWINS if rung_path(name).is_file())]
    return shipped + [f"pocket@{name}" for name in stored] + _cached_hub_ids()


def choose_device(device: str) -> str:
    """``cuda`` or ``cpu``; raises when CUDA is asked for and not there."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            "CUDA was asked for, and torch sees no CUDA device",
            "Use device='auto' or 'cpu'; `workbook doctor` says what is missing.",
        )
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"


def fingerprint(paths: list[Path]) -> str:
    """sha256 over the files' contents, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.name):
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def find_folder(id: str) -> Path:
    """The folder that holds the model ``id``; tried in this order: shipped, path, cache, hub."""
    if id in (*SHIPPED, *SHIPPED_ADAPTERS):
        return _complete_folder(data_dir() / "models" / id, "Restore it with `git checkout -- data/models`.")
    path = Path(id).expanduser()
    if path.exists() or id.startswith((".", "/", "~")):
        return _complete_folder(path, "A model's folder holds config.json, tokenizer.json and model.safetensors.")
    if _hub_call(id, local_files_only=True) is None:
        _require_hub(id)
    return Path(_hub_call(id, local_files_only=True) or _download(id))


def _complete_folder(path: Path, remedy: str) -> Path:
    if not path.is_dir():
        raise ModelError(f"no folder {path}", remedy)
    missing = [] if is_adapter(path) or (path / "config.json").is_file() else ["config.json"]
    missing += [] if any(path.glob("*.safetensors")) else ["*.safetensors"]
    if missing:
        pickled = [file.name for file in path.glob("*.bin")]
        why = f" ({pickled[0]} is there, but pickled weights can run code and are not read)" if pickled else ""
        raise ModelError(f"{path} has no {' and no '.join(missing)}{why}", remedy)
    return path


def _hub_call(id: str, **options: Any) -> str | None:
    """The snapshot's folder, or None when the cache does not hold it."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return snapshot_download(id, allow_patterns=WANTED, ignore_patterns=UNWANTED, **options)
    except LocalEntryNotFoundError:
        return None
    except HFValidationError as error:
        raise unknown("model", id, known_models()) from error


def _download(id: str) -> str:
    from huggingface_hub.errors import HfHubHTTPError

    try:
        found = _hub_call(id)
    except HfHubHTTPError as error:
        raise _not_found(id, f"the hub answered {error.__class__.__name__}") from error
    if found is None:
        raise _not_found(id, "the download failed")
    return found


def _require_hub(id: str) -> None:
    """Fail within seconds where the hub cannot be reached: its own client retries for half a minute."""
    from huggingface_hub import constants

    if os.environ.get("HF_HUB_OFFLINE") == "1" or constants.HF_HUB_OFFLINE:
        raise _not_found(id, "HF_HUB_OFFLINE is set")
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return  # a proxy resolves names for us; the download itself will tell
    address = urlsplit(constants.ENDPOINT)
    try:
        port = address.port or (443 if address.scheme == "https" else 80)
        socket.create_connection((address.hostname or "", port), PROBE_SECONDS).close()
    except OSError as error:
        raise _not_found(id, f"{address.hostname} cannot be reached ({error})") from error


def _not_found(id: str, reason: str) -> UsageError:
    close = nearest(id, known_models())
    hint = f"Did you mean {close!r}? " if close else ""
    listed = ", ".join(known_models()) or "none"
    tried = f"it is not shipped, not a folder, not in the hub's cache, and {reason}"
    return UsageError(
        f"unknown model {id!r}: {tried}",
        f"{hint}Loadable now: {listed}. Or give a folder; or set HF_HOME to a cache that holds it; "
        "or go online; or give a server's URL such as http://127.0.0.1:8000/v1.",
    )


def _cached_hub_ids() -> list[str]:
    from huggingface_hub import constants

    folders = Path(constants.HF_HUB_CACHE).glob("models--*/snapshots")
    return sorted(folder.parent.name.removeprefix("models--").replace("--", "/") for folder in folders)


def _dtype(device: str) -> Any:
    """bfloat16 on CUDA where the hardware has it, else float32 (CPU) or float16 (older CUDA)."""
    import torch

    if device == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _load_folder(id: str, folder: Path, device: str) -> TransformersModel:
    from transformers import AutoModelForCausalLM

    def network() -> Any:
        return AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=_dtype(device),
            attn_implementation="sdpa",
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
        )

    return assemble(id, network, folder, device, list(folder.glob("*.safetensors")))


def _load_gguf(id: str, device: str) -> LanguageModel:
    from workbook.models.llamacpp import LlamaCppModel

    if device == "cuda":
        raise ModelError(f"{id} runs in llama.cpp, whose build here is for processors", "Use device='auto' or 'cpu'.")
    return LlamaCppModel(Path(id).expanduser())


def _load_rung(id: str, device: str) -> TransformersModel:
    rung = id.removeprefix("pocket@")
    return assemble(
        id, lambda: load_rung(rung, _dtype(device)), data_dir() / "models" / "pocket", device, [rung_path(rung)]
    )


def assemble(id: str, network: Callable[[], Any], folder: Path, device: str, weights: list[Path]) -> TransformersModel:
    """The model with this network and the folder's tokenizer; its fingerprint is that of the files ``weights``.

    Raises ``ModelError`` where either cannot be loaded.
    """
    from transformers import AutoTokenizer
    from transformers.utils import logging

    from workbook.models.local import TransformersModel

    bars_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # a bar over a file of 15 MiB is noise in a notebook
    try:
        loaded = network().to(device)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{id} cannot be loaded from {folder}: {error}", "Check that the folder is complete."
        ) from error
    finally:
        if bars_shown:
            logging.enable_progress_bar()
    return TransformersModel(id, loaded, tokenizer, fingerprint=fingerprint(weights))
