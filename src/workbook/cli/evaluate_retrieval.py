"""``workbook eval retrieval``: whether the right tools are found, on public sets of requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from workbook.cli.console import err, print_json, print_table, stdout_kept_free
from workbook.core.settings import unknown

DECODINGS = ("free", "grammar")
EXAMPLE = "Example: workbook eval retrieval --data MetaTool/dataset --format toole --limit 500 --json"


def retrieval(
    data: Annotated[str, typer.Option(help="A checkout's folder of ToolE, Seal-Tools or BFCL.")],
    format: Annotated[str, typer.Option(help="toole, sealtools or bfcl.")],
    model: Annotated[str, typer.Option(help="What encodes: all-MiniLM-L6-v2, retriever (tuned), or a folder.")] = (
        "all-MiniLM-L6-v2"
    ),
    reranker: Annotated[
        str | None, typer.Option(help="Besides, a cross-encoder that reranks: a folder or a hub id.")
    ] = None,
    decoding: Annotated[str, typer.Option(help="free or grammar, as everywhere; nothing is decoded here.")] = "free",
    limit: Annotated[int | None, typer.Option(min=1, help="Only N queries, evenly spread; pools stay whole.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Recall, nDCG and the time of a query, for each way to search."""
    if decoding not in DECODINGS:
        raise unknown("decoding", decoding, DECODINGS)
    with stdout_kept_free():
        document = _evaluate(data, format, model, reranker, limit)
    if json:
        print_json(document)
    else:
        _show(document)


def _evaluate(data: str, format: str, model: str, reranker: str | None, limit: int | None) -> dict[str, Any]:
    from workbook.lab.retrieval import evaluate_retrieval
    from workbook.suites.tool_queries import load_queries
    from workbook.tools.embedding import encoder_of
    from workbook.tools.reranking import cross_encoder

    encoder, judge = encoder_of(model), cross_encoder(reranker) if reranker else None
    sets = load_queries(data, format, limit)
    for one in sets:
        err.print(f"{one.name}: {len(one.queries)} queries over {len(one.tools)} tools, {len(one.left_out)} left out")
    return evaluate_retrieval(sets, encoder, suite=f"retrieval {format}", track=_followed, judge=judge)


def _followed(batches: Sequence[Any]) -> Iterable[Any]:
    """The batches, with a bar on stderr."""
    from rich.progress import track

    return track(batches, description="queries", console=err, transient=True)


def _show(document: dict[str, Any]) -> None:
    metrics, times = document["metrics"], document["seconds_per_query"]
    names = [name for name in metrics if "." not in name]
    rows = [
        [arm, *(f"{metrics[f'{arm}.{name}']['estimate']:.3f}" for name in names), f"{1000 * time['p50']:.1f}"]
        for arm, time in times.items()
    ]
    print_table(["", *names, "ms"], rows, title=f"{document['suite']}, {document['n']} queries, {document['model']}")
