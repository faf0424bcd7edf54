"""Rendering of results that are made up."""

import io
from dataclasses import replace

from rich.console import Console

from latentia.benchmarks.table import as_markdown, as_rich, as_short_markdown


def test_markdown(results):
    text = as_markdown(results)
    assert (
        "| case | method | median | × scikit-learn | excess residual | working memory "
        "| log-likelihood |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| decaying | latentia | 0.250 s | 7.41× (≥ 7.00×) ✓ | 2.0e-03 (≤ 1.0e-04) ✗ | "
        "12 MiB (≤ 64 MiB) ✓ |  |\n"
        "|  | scikit-learn | 2.00 ms | 1.00× | 1.0e-04 |  | -12.3457 |\n"
    ) in text
    assert "| fused pass, of the peak | 80 % (≥ 75 %) ✓ |\n" in text
    assert results.machine.line() in text
    assert "Fashion-MNIST is left out.\n\n3 of 4 targets met.\n" in text


def test_results_without_bars_say_so(results):
    bare = replace(results, methods=(), limits={})
    assert "\n\nNo targets.\n" in as_markdown(bare)


def test_terminal(results):
    console = Console(width=200, file=io.StringIO())
    console.print(as_rich(results))
    text = console.file.getvalue()
    for part in ("7.41× (≥ 7.00×) ✓", "2.00 ms", "80 % (≥ 75 %) ✓", "3 of 4 targets"):
        assert part in text


def test_short_markdown_has_a_row_a_case(results):
    assert as_short_markdown(results) == (
        "`latentia bench svd --size full`, 2030-01-02, Example CPU, 2 threads. "
        "3 of 4 targets met.\n\n"
        "| case | latentia | scikit-learn | × faster | excess residual "
        "(scikit-learn's) |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| decaying | 0.250 s | 2.00 ms | 7.4× | 2.0e-03 (1.0e-04) |\n\n"
        "Fashion-MNIST is left out.\n"
    )


def test_short_markdown_where_only_quality_counts(results):
    ours, peer = results.methods
    for result in (ours, peer):
        del result.measures["× scikit-learn"]
    peer = replace(peer, method="PyTorch example")
    text = as_short_markdown(
        replace(results, methods=(ours, peer), baseline="PyTorch example")
    )
    assert (
        "| case | excess residual, latentia | excess residual, PyTorch example |\n"
        "| --- | --- | --- |\n"
        "| decaying | 2.0e-03 | 1.0e-04 |\n"
    ) in text


def test_short_markdown_where_scikit_learn_is_the_yardstick(results):
    ours, peer = results.methods
    del peer.measures["excess residual"]
    reference = replace(peer, method="NumPy")
    text = as_short_markdown(replace(results, methods=(ours, peer, reference)))
    assert "| × faster | excess residual |\n" in text
    assert "| decaying | 0.250 s | 2.00 ms | 7.4× | 2.0e-03 |\n" in text
    assert "NumPy" not in text
