"""The other side of `make bench-sweep`: trials one after another in one process, of method.py's steps, with PyTorch's
own choice of threads.

    sweep.py FOLDER

FOLDER is what train/examples/sweep.rs wrote. Answers each line `trial N` on its standard input with one of JSON.
Images, starts, sizes and optimisers are the trial's; weights and batches come from PyTorch's own generator.
"""

import json
import math
import sys
import time

import torch
import torch.nn as nn

from method import Detector, Steps, cutdiff, read_safetensors, rotation, validation_loss

OPTIMISERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}

# What this side does without being told; a trial that says otherwise is refused.
UNDERSTOOD = {
    "detector.resnet.embedding": "last",
    "detector.resnet.weights": None,
    "detector.resnet.frozen_stages": 0,
    "training.schedule": "constant",
    "training.clip_norm": None,
    "training.normalisation": "channel",
    "training.augmentation": {"flip_horizontal": False, "flip_vertical": False, "crop_padding_px": 0},
    "tuning.every": 1,
    "tuning.clip_norm": None,
    "tuning.loss": "mean_distance",
    "tuning.hypergradient": "exact",
}


def refuse_what_is_not_understood(spec):
    for path, value in UNDERSTOOD.items():
        found = spec
        for key in path.split("."):
            found = (found or {}).get(key)
        if found != value:
            raise SystemExit(f"PyTorch's side takes {path} to be {value!r}, the sweep's is {found!r}")
    (family,) = spec["method"]["augmented"]["family"].values()
    if family["form"] != "tuned" or family.get("mode", "subtract") != "subtract":
        raise SystemExit("PyTorch's side has tuned families alone, and CutDiff that subtracts")


def optimiser(spec, params):
    ((kind, options),) = spec.items()
    return OPTIMISERS[kind](params, **options)


def augmentation(family):
    """augment(raw, x) of a family; patches lie elsewhere at every call."""
    ((name, options),) = family.items()
    if name == "rotation":
        return lambda raw, x: rotation(raw, x, options)
    if name == "cutdiff":
        return lambda raw, x: cutdiff(raw, x, torch.rand(len(x), 2), options)
    raise SystemExit(f"PyTorch's side has no family {name}")


def hyperparameters(family, raw):
    """What people read in place of raw parameters."""
    ((name, options),) = family.items()
    degrees = lambda radians: math.degrees(radians) % 360
    if name == "rotation":
        return {"angle_deg": degrees(raw[0])}
    low, high = options["area"]
    return {
        "area": low + (high - low) / (1 + math.exp(-raw[0])),
        "aspect": math.exp(math.log(options["max_aspect"]) * math.tanh(raw[1])),
        "angle_deg": degrees(raw[2]),
    }


def new_steps(spec, raw, x_trn):
    resnet = spec["detector"]["resnet"]
    model = Detector(resnet["width"], resnet["blocks"], resnet["stem"] == "imagenet", resnet["head"])
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            # As augur and torchvision start theirs.
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    mean, std = x_trn.mean((0, 2, 3), keepdim=True), x_trn.std((0, 2, 3), correction=0, keepdim=True)
    return Steps(
        model,
        raw,
        augment=augmentation(spec["method"]["augmented"]["family"]),
        normalise=lambda x: (x - mean) / std,
        inner_lr=spec["tuning"]["inner_lr"],
        optimiser=optimiser(spec["training"]["optimiser"], model.parameters()),
        raw_optimiser=optimiser(spec["tuning"]["optimiser"], [raw]),
    )


def train(steps, spec, x_trn, x_val):
    batch, validation_batch = spec["training"]["batch"], spec["tuning"]["validation_batch"] or len(x_val)
    for epoch in range(spec["training"]["epochs"]):
        for chosen in torch.randperm(len(x_trn)).split(batch):
            if epoch < spec["tuning"]["warmup_epochs"]:
                steps.plain(x_trn[chosen])
            else:
                steps.tuning(x_trn[chosen], x_val[torch.randperm(len(x_val))[:validation_batch]])


@torch.no_grad()
def evaluate(steps, images):
    """The embeddings that a selection reads, in evaluation mode, and the mean distance of the last ones."""
    steps.model.eval()
    embed = lambda x: torch.cat([steps.model(steps.normalise(part))[0] for part in x.split(256)])
    augmented = {name: steps.augment(steps.raw, images[name]) for name in ("train", "held_out")}
    z = {name: embed(x) for name, x in images.items()}
    z_aug = {name: embed(x) for name, x in augmented.items()}
    return z, z_aug, validation_loss(z["train"], z_aug["train"], z["validation"]).item()


def run(folder, entry):
    start = time.perf_counter()
    spec = entry["spec"]
    refuse_what_is_not_understood(spec)
    torch.manual_seed(spec["seed"])
    images = read_safetensors(f"{folder}/{entry['images']}")
    raw = torch.tensor(entry["raw"], dtype=torch.float32, requires_grad=True)
    steps = new_steps(spec, raw, images["train"])
    train(steps, spec, images["train"], images["validation"])
    _, _, mean_distance = evaluate(steps, images)
    return {
        "tuned": hyperparameters(spec["method"]["augmented"]["family"], raw.tolist()),
        "mean_distance": mean_distance,
        "seconds": time.perf_counter() - start,
    }


if __name__ == "__main__":
    _, folder = sys.argv
    plan = json.load(open(f"{folder}/plan.json"))
    for line in sys.stdin:
        command, index = line.split()
        if command != "trial":
            raise SystemExit(f"no command {command!r}")
        print(json.dumps(run(folder, plan[int(index)])), flush=True)
