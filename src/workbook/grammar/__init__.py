"""How a constraint is enforced: engines, the processor, generation that checks its output."""

from workbook.grammar.compiling import decoder, processor
from workbook.grammar.decoding import GrammarDecoder
from workbook.grammar.drafting import ModelDrafter, PromptLookup
from workbook.grammar.engine import GrammarError
from workbook.grammar.generation import Constrained, generate
from workbook.grammar.plans import PLANS, Costs
from workbook.grammar.stepper import Candidate, Step, steps
from workbook.grammar.support import ENGINES, gaps

__all__ = [
    "ENGINES",
    "PLANS",
    "Candidate",
    "Constrained",
    "Costs",
    "GrammarDecoder",
    "GrammarError",
    "ModelDrafter",
    "PromptLookup",
    "Step",
    "decoder",
    "gaps",
    "generate",
    "processor",
    "steps",
]
