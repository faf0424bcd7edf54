"""Examples that the help of each command ends with."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "svd": (
        ("50 triplets", "svd ratings.npz -k 50 -o svd.npz"),
        ("PCA", "svd table.csv -k 5 --columns a:f --center -o pca.npz"),
        ("by blocks", "svd big.npy -k 50 --memory 1GB -o svd.npz"),
    ),
    "nmf": (
        ("topics", "nmf counts.npz -k 20 --beta-loss kl -o topics.npz"),
        ("how many?", "nmf stars.npz --ranks 2:9 --missing unobserved -o nmf.npz"),
    ),
    "gmm": (
        ("5 clusters", "gmm table.csv -k 5 -o clusters.npz"),
        ("how many?", "gmm table.csv -k 12 --select -o mixture.safetensors"),
    ),
    "recommend": (
        ("lists", "recommend events.csv -n 10 -o lists.csv"),
        ("quality", "recommend events.csv --evaluate --time when -o lists.csv"),
        ("ratings", "recommend a.csv --value stars --model rating -o lists.csv"),
        ("new items", "recommend a.csv --item-features items.csv -o lists.csv"),
    ),
    "compress": (
        ("error of 2 %", "compress photo.png --error 0.02 -o photo.lat"),
        ("a folder", "compress photos/ --error 0.05 -o photos.lat"),
    ),
    "decompress": (
        ("one image", "decompress photo.lat -o again.png"),
        ("several", "decompress photos.lat -o again/"),
    ),
    "train": (
        ("by classes", "train cgan photos/ --minutes 20 -o run/"),
        ("go on", "train cgan photos/ --resume -o run/"),
        ("private", "train private photos/ --epsilon 1 --size 28 -o run/"),
    ),
    "sample": (
        ("100 images", "sample run/ -n 100 -o images/"),
        ("of one class", "sample run/ -n 100 -y sneaker --seed 7 -o sneakers/"),
        ("by classes", "sample run/ --data photos/ -n 9 -o made/"),
    ),
    "export": (("ONNX", "export run/ -o generator.onnx"),),
    "evaluate": (
        ("a model", "evaluate run/ --data photos/"),
        ("any images", "evaluate --samples made/ --data photos/ -o scores.json"),
    ),
    "audit": (
        ("a model", "audit run/ --members photos/ --non-members others/"),
        ("report", "audit run/ --members a/ --non-members b/ -o audit.json"),
    ),
    "report": (
        ("one page", "report run/ --data photos/ -o report/"),
        ("with an audit", "report run/ --data photos/ --audit audit.json"),
    ),
    "walk": (
        ("direction", "walk run/ --direction 0 -o walk.png"),
        ("round trip", "walk run/ --seed 1 --to 2 --to 5 --loop -o walk.gif"),
    ),
    "directions": (
        ("a table", "directions run/"),
        ("a picture", "directions run/ --method ganspace -o directions.png"),
    ),
    "project": (
        ("find codes", "project run/ a.png b.png -o codes.npz"),
        ("walk there", "walk run/ --codes codes.npz -o walk.gif"),
    ),
    "demo": (
        ("in 90 seconds", "demo"),
        ("all images, minutes", "demo --full -o latentia-demo/"),
        ("films", "demo --movielens ml-100k/"),
    ),
    "bench": (
        ("seconds", "bench svd"),
        ("hours", "bench nmf --size full -o results/"),
    ),
    "info": (
        ("for a reader", "info"),
        ("for a bug report", "info --json"),
    ),
}
"""For each command: what an example does, and its arguments."""


def in_words(name: str) -> str:
    """Return the examples of a command as the last paragraphs of its help."""
    width = max(len(what) for what, _ in EXAMPLES[name])
    lines = [
        f"{what + ':':{width + 1}}  latentia {arguments}"
        for what, arguments in EXAMPLES[name]
    ]
    return "\n\n".join(["Examples", *lines])
