"""What a checkpoint says of a training: there and back, and what is refused."""

import json

import pytest

torch = pytest.importorskip("torch")

from latentia.generative.training.model_config import ModelConfig  # noqa: E402
from latentia.generative.training.plan import Budget, State  # noqa: E402
from latentia.generative.training.record import (  # noqa: E402
    VERSION,
    TrainingRecord,
    read_training,
    write_training,
)

RECORD = TrainingRecord(
    model_class="GAN",
    parameters={"latent_dim": 3, "size": (8, 9), "loss": "hinge"},
    config=ModelConfig((1, 8, 9), 2, "tiny", "mlp", 16, 8, 1e-3, 3),
    classes=["a", "b"],
    images="0f",
    start=None,
    budget=Budget(None, 1.5),
    seed=5,
    n_images=32,
    held_out="1e",
    state=State(step=4, best_score=0.5, history=[{"step": 4, "score": 0.5}]),
)


def metadata():
    return json.loads(json.dumps(RECORD.metadata()))


def test_json_and_back():
    assert TrainingRecord.of(metadata()) == RECORD


def test_a_file_and_back(tmp_path):
    file = tmp_path / "a.safetensors"
    write_training(file, {"x": torch.arange(3)}, RECORD)
    tensors, record = read_training(file, "GAN")
    assert record == RECORD
    assert tensors["x"].tolist() == [0, 1, 2]


def test_a_record_of_a_step_does_not_change_with_the_training():
    state = State(step=1)
    record = RECORD.at(state)
    state.step, state.history = 2, [{"step": 2}]
    state.history.append({"step": 3})
    assert (record.state.step, record.state.history) == (1, [])
    assert RECORD.state.step == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"training_version": VERSION - 1}, f"is version {VERSION - 1}, .* reads .* 6"),
        ({"training_version": None}, "is version None, this latentia reads version 6"),
        ({"budget": 3}, "record is damaged"),
        ({"state": {"stepp": 3}}, "record is damaged: .*stepp"),
        ({"config": {}}, "record is damaged: 'shape'"),
        ({"unknown": 3}, "record is damaged: .*unknown"),
    ],
)
def test_what_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        TrainingRecord.of(metadata() | change)


def test_files_of_before_are_refused():
    old = metadata()
    del old["training_version"]
    with pytest.raises(ValueError, match="is version before 3, this latentia reads"):
        TrainingRecord.of(old)


def test_a_missing_field_is_named():
    lacking = metadata()
    del lacking["seed"]
    with pytest.raises(ValueError, match="seed"):
        TrainingRecord.of(lacking)
