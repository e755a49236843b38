"""The other side of `make bench-step`: the same steps as somebody would write them in PyTorch.

Autograd with create_graph through the whole unrolled step, torch.func.functional_call, PyTorch's own layers, optimisers and
threads. Written from docs/method.md; speaks the language of train/examples/step.rs:

    step.py serve CASE_DIR [channels_last] [double]
"""

import ctypes
import json
import math
import struct
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call


class BasicBlock(nn.Module):
    def __init__(self, in_channels, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or in_channels != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Detector(nn.Module):
    """A ResNet of basic blocks and the two-layer head; gives (embedding, logit)."""

    def __init__(self, case):
        super().__init__()
        width = case["width"]
        kernel, stride, padding = (7, 2, 3) if case["imagenet_stem"] else (3, 1, 1)
        self.conv1 = nn.Conv2d(1, width, kernel, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, 2, 1) if case["imagenet_stem"] else nn.Identity()
        self.stages, channels = [], width
        for stage, blocks in enumerate(case["blocks"]):
            to = width << stage
            layer = nn.Sequential()
            for block in range(blocks):
                layer.append(BasicBlock(channels, to, 2 if stage > 0 and block == 0 else 1))
                channels = to
            self.add_module(f"layer{stage + 1}", layer)
            self.stages.append(layer)
        self.head = nn.Sequential(nn.Linear(channels, case["head"]), nn.ReLU(), nn.Linear(case["head"], 1))

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = stage(x)
        z = x.mean((2, 3))
        return z, self.head(z).squeeze(1)


def cutdiff(raw, x, centers, case):
    """A soft, turned, elliptic patch that is subtracted."""
    low, high = case["area"]
    area = low + (high - low) * raw[0].sigmoid()
    aspect = torch.exp(math.log(case["max_aspect"]) * raw[1].tanh())
    w, h, angle = (area * aspect).sqrt(), (area / aspect).sqrt(), raw[2]
    places = (torch.arange(x.shape[-1], dtype=x.dtype) + 0.5) / x.shape[-1]
    dx = places.view(1, 1, 1, -1) - centers[:, 0].view(-1, 1, 1, 1)
    dy = places.view(1, 1, -1, 1) - centers[:, 1].view(-1, 1, 1, 1)
    u = (dx * angle.cos() + dy * angle.sin()) / w
    v = (dy * angle.cos() - dx * angle.sin()) / h
    return (x - torch.exp(-(u * u + v * v) / (2 * case["softness"]))).clamp(0, 1)


def validation_loss(z_trn, z_aug, z_val):
    """Total distance normalisation, then the mean distance."""
    z = torch.cat([z_trn, z_aug, z_val])
    z = z - z.mean(0)
    z = z / z.square().sum(1).mean().sqrt()
    z_trn, z_aug, z_val = z.split([len(z_trn), len(z_aug), len(z_val)])
    distance = lambda group: (z_val - group.mean(0)).norm(dim=1)
    return 0.5 * (distance(z_trn) + distance(z_aug)).mean()


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    kinds = {"F64": torch.float64, "F32": torch.float32}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = torch.frombuffer(data[begin:end], dtype=kinds[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


class Side:
    def __init__(self, folder, options):
        self.case = json.load(open(f"{folder}/case.json"))
        torch.set_num_threads(self.case["threads"])
        kind = torch.float64 if "double" in options else torch.float32
        tensors = {name: tensor.to(kind) for name, tensor in read_safetensors(f"{folder}/case.safetensors").items()}
        self.model = Detector(self.case).to(kind)
        names = dict(self.model.named_parameters())
        self.model.load_state_dict({name: tensors[f"param.{name}"] for name in names}, strict=False)
        self.x_trn, self.x_val, self.centers = tensors["x_trn"], tensors["x_val"], tensors["centers"]
        self.raw = tensors["raw"].requires_grad_()
        if "channels_last" in options:
            self.model.to(memory_format=torch.channels_last)
            self.format = lambda x: x.contiguous(memory_format=torch.channels_last)
        else:
            self.format = lambda x: x
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=self.case["lr"])
        self.raw_optimiser = torch.optim.Adam([self.raw], lr=self.case["raw_lr"])

    def normalise(self, x):
        return self.format((x - 0.5) / 0.3)

    def training_loss(self, params, x_aug):
        """And the normalised images and their augmented copies."""
        x = self.normalise(torch.cat([self.x_trn, x_aug]))
        _, logit = functional_call(self.model, params, (x,))
        label = torch.cat([torch.zeros(len(self.x_trn)), torch.ones(len(x_aug))]).to(logit.dtype)
        return F.binary_cross_entropy_with_logits(logit, label), x

    def plain(self):
        with torch.no_grad():
            x_aug = cutdiff(self.raw, self.x_trn, self.centers, self.case)
        loss, _ = self.training_loss(dict(self.model.named_parameters()), x_aug)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def both(self):
        """The gradients of theta, and the hypergradient."""
        params = dict(self.model.named_parameters())
        loss, x = self.training_loss(params, cutdiff(self.raw, self.x_trn, self.centers, self.case))
        gradients = torch.autograd.grad(loss, list(params.values()), create_graph=True)
        moved = {
            name: value - self.case["inner_lr"] * gradient
            for (name, value), gradient in zip(params.items(), gradients)
        }
        z, _ = functional_call(self.model, moved, (torch.cat([x, self.normalise(self.x_val)]),))
        batch = len(self.x_trn)
        l_val = validation_loss(z[:batch], z[batch : 2 * batch], z[2 * batch :])
        (total,) = torch.autograd.grad(l_val, [self.raw])
        return [gradient.detach() for gradient in gradients], total

    def tuning(self):
        gradients, total = self.both()
        for parameter, gradient in zip(self.model.parameters(), gradients):
            parameter.grad = gradient
        self.raw.grad = total
        self.optimiser.step()
        self.raw_optimiser.step()

    def memory(self):
        """Peak resident bytes of two steps above what is resident after one on two images."""
        everything = self.x_trn, self.x_val, self.centers
        self.x_trn, self.x_val, self.centers = (tensor[:2] for tensor in everything)
        self.tuning()
        self.x_trn, self.x_val, self.centers = everything
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as peak:
            peak.write("5")
        before = resident("VmRSS:")
        self.tuning()
        self.tuning()
        return max(0, resident("VmHWM:") - before)

    def answer(self, command):
        match command.split():
            case ["hypergradient"]:
                return self.both()[1].tolist()
            case ["memory"]:
                return self.memory()
            case [("plain" | "tuning") as step, count]:
                start = time.perf_counter()
                for _ in range(int(count)):
                    getattr(self, step)()
                return time.perf_counter() - start
        raise SystemExit(f"no command {command!r}")


def resident(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1]) * 1024


if __name__ == "__main__":
    _, _, folder, *options = sys.argv
    side = Side(folder, options)
    for line in sys.stdin:
        print(json.dumps(side.answer(line.strip())), flush=True)
