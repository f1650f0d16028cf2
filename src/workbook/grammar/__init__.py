"""How a constraint is enforced: engines, the processor, generation that checks its output."""

from workbook.grammar.compiling import processor
from workbook.grammar.engine import GrammarError
from workbook.grammar.generation import Constrained, generate
from workbook.grammar.stepper import Candidate, Step, steps
from workbook.grammar.support import ENGINES, gaps

__all__ = ["ENGINES", "Candidate", "Constrained", "GrammarError", "Step", "gaps", "generate", "processor", "steps"]
