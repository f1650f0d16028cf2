"""Language models behind one interface: the shipped pocket, a folder, a hub id, or a server."""

from workbook.models.base import Completion, LanguageModel, ModelError, Processor, Reply
from workbook.models.loading import known_models, load_model

__all__ = ["Completion", "LanguageModel", "ModelError", "Processor", "Reply", "known_models", "load_model"]
