"""Writes optimisers.json and resnet18.safetensors, what PyTorch and torchvision give for values that tests make up.

Needs torch, torchvision, numpy and safetensors, of any version; was run once, with torch 2.13.0 and torchvision 0.28.0:

    python train/tests/data/torch/generate.py

Both sides make their values up from `noise`, so that no weights need be kept.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torchvision
from safetensors.torch import save_file

HERE = Path(__file__).parent


def noise(shape, seed):
    """float64 in [0, 1], as in train/src/testing.rs"""
    count = math.prod(shape)
    values = np.sin(np.arange(count) * 12.9898 + seed * 78.233) * 43758.5453
    return torch.from_numpy(np.abs(np.fmod(values, 1.0))).reshape(shape)


def optimiser_path(make, clip_norm):
    """Both parameters after each of six steps."""
    params = [torch.nn.Parameter(noise((3,), 1.0)), torch.nn.Parameter(noise((2, 2), 2.0))]
    optimiser = make(params)
    path = []
    for step in range(6):
        for i, param in enumerate(params):
            param.grad = (noise(tuple(param.shape), 3.0 + step + 10 * i) - 0.5) * 4
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(params, clip_norm)
        optimiser.step()
        path += [value for param in params for value in param.detach().flatten().tolist()]
    return path


def optimisers():
    adam, adamw, sgd = torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD
    # The spec as it stands in YAML, PyTorch's optimiser with the same options, the largest norm of a gradient.
    cases = [
        ({"adam": {"lr": 0.1}}, lambda p: adam(p, lr=0.1), None),
        ({"adam": {"lr": 0.1, "weight_decay": 0.3}}, lambda p: adam(p, lr=0.1, weight_decay=0.3), None),
        ({"adamw": {"lr": 0.1}}, lambda p: adamw(p, lr=0.1), None),
        ({"adamw": {"lr": 0.1, "weight_decay": 0.5}}, lambda p: adamw(p, lr=0.1, weight_decay=0.5), 1.0),
        ({"sgd": {"lr": 0.1}}, lambda p: sgd(p, lr=0.1), 0.5),
        (
            {"sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.2}},
            lambda p: sgd(p, lr=0.1, momentum=0.9, weight_decay=0.2),
            None,
        ),
        (
            {"sgd": {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.2, "nesterov": True}},
            lambda p: sgd(p, lr=0.1, momentum=0.8, weight_decay=0.2, nesterov=True),
            2.0,
        ),
    ]
    written = [{"spec": spec, "clip_norm": clip, "path": optimiser_path(make, clip)} for spec, make, clip in cases]
    (HERE / "optimisers.json").write_text(json.dumps(written, indent=1) + "\n")


def weight(name, shape, seed):
    """Made so that activations neither die nor explode, and that no two of batch-norm's tensors can be confused."""
    values = noise(shape, seed)
    if len(shape) > 1:
        fan_out = shape[0] * math.prod(shape[2:])
        return (values - 0.5) * math.sqrt(24.0 / fan_out)
    if name.endswith("running_mean") or name.endswith("bias"):
        return values - 0.5
    return values + 0.5


def resnet18():
    network = torchvision.models.resnet18(weights=None).eval()
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items() if tensor.dim() > 0}
    state = {name: weight(name, shape, float(i)).float() for i, (name, shape) in enumerate(sorted(shapes.items()))}
    network.load_state_dict(state, strict=False)

    pools = {}
    for stage in (2, 3, 4):
        layer = getattr(network, f"layer{stage}")
        layer.register_forward_hook(lambda _, __, y, stage=stage: pools.update({stage: y.mean((2, 3))}))

    def embeddings(x):
        with torch.no_grad():
            network(x)
        return pools[4].clone(), torch.cat([pools[2], pools[3], pools[4]], 1)

    colour, stages = embeddings((noise((2, 3, 64, 64), 0.5).float() - 0.5) * 4)
    grey, _ = embeddings((noise((2, 1, 64, 64), 0.25).float() - 0.5).repeat(1, 3, 1, 1) * 4)
    save_file({"colour": colour, "stages": stages, "grey": grey}, HERE / "resnet18.safetensors")
    print("embeddings:", colour.std().item(), "dead:", (colour == 0).float().mean().item())


optimisers()
resnet18()
