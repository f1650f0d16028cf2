"""The loop that lets a model use tools, its guards, approval, and the trace of it all."""

from workbook.agent.approval import Approval, Approver, Request, always, recorded, terminal
from workbook.agent.guards import (
    ALLOW,
    Dedup,
    DedupByState,
    Guard,
    LeastPrivilege,
    NoProgress,
    PerTool,
    Verdict,
    ask,
    refuse,
)
from workbook.agent.loop import Agent, Budget
from workbook.agent.marking import Neutralise, Spotlight
from workbook.agent.policy import ModelPolicy, Policy, Turn
from workbook.agent.provenance import Provenance, tainted
from workbook.agent.scripted import Scripted, canned, obedient, same_call_forever
from workbook.agent.state import State
from workbook.agent.trace import CallRecord, Step, Trace

__all__ = [
    "ALLOW",
    "Agent",
    "Approval",
    "Approver",
    "Budget",
    "CallRecord",
    "Dedup",
    "DedupByState",
    "Guard",
    "LeastPrivilege",
    "ModelPolicy",
    "Neutralise",
    "NoProgress",
    "PerTool",
    "Policy",
    "Provenance",
    "Request",
    "Scripted",
    "Spotlight",
    "State",
    "Step",
    "Trace",
    "Turn",
    "Verdict",
    "always",
    "ask",
    "canned",
    "obedient",
    "recorded",
    "refuse",
    "same_call_forever",
    "tainted",
    "terminal",
]
