"""Images that the model makes, beside real ones."""

from __future__ import annotations

from latentia.plots import Picture, Section, class_sheet, side_by_side
from latentia.report.pictures import opaque
from latentia.report.subject import N_SHOWN, Subject
from latentia.report.verdicts import in_bold

N_A_CLASS = 10
MOST_CLASSES = 20


def section_samples(subject: Subject) -> Section:
    """Draw images, and images of each class if the model has classes."""
    prose = [
        "On one side real images, on the other the first that the model draws. None "
        "was picked by hand, so the failures are here as well.",
    ]
    if not subject.samples_by_itself:
        prose.append(
            "An RAE gets what draws its codes when its training ends, and this file "
            "was written before. So the codes are drawn from a mixture that was fitted "
            "for this report."
        )
    pictures = [_beside_real(subject)]
    if hasattr(subject.sampler, "labels_of") and len(subject.sampler.classes_):
        pictures.append(by_class(subject, subject.sampler, "samples-by-class"))
    verdict = in_bold(subject.verdict)
    return Section("What it draws", prose=prose, pictures=pictures, verdict=verdict)


def _beside_real(subject: Subject) -> Picture:
    n = min(N_SHOWN, len(subject.images), len(subject.drawn))
    real = subject.images[subject.choose(n)]
    return Picture(
        "samples",
        side_by_side({"Real": opaque(real), "Drawn": opaque(subject.drawn[:n])}),
        caption=f"On the left {n} of {len(subject.images):,} real {subject.name}, on "
        f"the right the first {n} that the model draws.",
        alt=f"Two sheets of {n} {subject.name} each: real ones, and ones that the "
        f"{subject.kind} drew.",
    )


def by_class(subject: Subject, sampler: object, name: str) -> Picture:
    """Draw a row of images of each class; the first classes if there are many."""
    classes = sampler.classes_  # type: ignore[attr-defined]
    shown = classes[:MOST_CLASSES]
    labels = shown.repeat(N_A_CLASS)
    images = sampler.sample(len(labels), labels, seed=subject.seed)  # type: ignore[attr-defined]
    titles = [str(label) for label in shown.tolist()]
    in_words = ", ".join(titles)
    which = "each class" if len(shown) == len(classes) else f"the first {len(shown)}"
    return Picture(
        name,
        class_sheet(opaque(images), labels, names=titles, columns=N_A_CLASS),
        caption=f"The first {N_A_CLASS} {subject.name} of {which} that were drawn when "
        f"it was asked for: {in_words}.",
        alt=f"{len(shown)} rows of drawn {subject.name}, one for each class: "
        f"{in_words}.",
    )
