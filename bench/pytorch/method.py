"""The method of docs/method.md as somebody would write it in PyTorch.

Autograd with create_graph through the whole unrolled step, torch.func.functional_call, PyTorch's own layers, NCHW.
step.py measures its steps, sweep.py runs whole trials of them.
"""

import json
import math
import struct

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

    def __init__(self, width, blocks, imagenet_stem, head):
        super().__init__()
        kernel, stride, padding = (7, 2, 3) if imagenet_stem else (3, 1, 1)
        self.conv1 = nn.Conv2d(1, width, kernel, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, 2, 1) if imagenet_stem else nn.Identity()
        self.stages, channels = [], width
        for stage, count in enumerate(blocks):
            to = width << stage
            layer = nn.Sequential()
            for block in range(count):
                layer.append(BasicBlock(channels, to, 2 if stage > 0 and block == 0 else 1))
                channels = to
            self.add_module(f"layer{stage + 1}", layer)
            self.stages.append(layer)
        self.head = nn.Sequential(nn.Linear(channels, head), nn.ReLU(), nn.Linear(head, 1))

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = stage(x)
        z = x.mean((2, 3))
        return z, self.head(z).squeeze(1)


def rotation(raw, x, options):
    """The whole image turned about its centre."""
    cos, sin, zero = raw[0].cos(), raw[0].sin(), torch.zeros_like(raw[0])
    matrix = torch.stack([cos, -sin, zero, sin, cos, zero]).view(1, 2, 3).expand(len(x), 2, 3)
    grid = F.affine_grid(matrix, x.shape, align_corners=False)
    return F.grid_sample(x, grid, padding_mode=options["padding"], align_corners=False)


def cutdiff(raw, x, centers, options):
    """A soft, turned, elliptic patch that is subtracted."""
    low, high = options["area"]
    area = low + (high - low) * raw[0].sigmoid()
    aspect = torch.exp(math.log(options["max_aspect"]) * raw[1].tanh())
    w, h, angle = (area * aspect).sqrt(), (area / aspect).sqrt(), raw[2]
    places = (torch.arange(x.shape[-1], dtype=x.dtype) + 0.5) / x.shape[-1]
    dx = places.view(1, 1, 1, -1) - centers[:, 0].view(-1, 1, 1, 1)
    dy = places.view(1, 1, -1, 1) - centers[:, 1].view(-1, 1, 1, 1)
    u = (dx * angle.cos() + dy * angle.sin()) / w
    v = (dy * angle.cos() - dx * angle.sin()) / h
    return (x - torch.exp(-(u * u + v * v) / (2 * options["softness"]))).clamp(0, 1)


def validation_loss(z_trn, z_aug, z_val):
    """Total distance normalisation, then the mean distance."""
    z = torch.cat([z_trn, z_aug, z_val])
    z = z - z.mean(0)
    z = z / z.square().sum(1).mean().sqrt()
    z_trn, z_aug, z_val = z.split([len(z_trn), len(z_aug), len(z_val)])
    distance = lambda group: (z_val - group.mean(0)).norm(dim=1)
    return 0.5 * (distance(z_trn) + distance(z_aug)).mean()


class Steps:
    """The two kinds of step of a detector and the raw parameters of its augmentation, `augment(raw, x)`."""

    def __init__(self, model, raw, *, augment, normalise, inner_lr, optimiser, raw_optimiser):
        self.model, self.raw = model, raw
        self.augment, self.normalise, self.inner_lr = augment, normalise, inner_lr
        self.optimiser, self.raw_optimiser = optimiser, raw_optimiser

    def training_loss(self, params, x_trn, x_aug):
        """And the normalised images and their augmented copies."""
        x = self.normalise(torch.cat([x_trn, x_aug]))
        _, logit = functional_call(self.model, params, (x,))
        label = torch.cat([torch.zeros(len(x_trn)), torch.ones(len(x_aug))]).to(logit.dtype)
        return F.binary_cross_entropy_with_logits(logit, label), x

    def plain(self, x_trn):
        """A step of theta."""
        with torch.no_grad():
            x_aug = self.augment(self.raw, x_trn)
        loss, _ = self.training_loss(dict(self.model.named_parameters()), x_trn, x_aug)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    def both(self, x_trn, x_val):
        """The gradients of theta, and the hypergradient."""
        params = dict(self.model.named_parameters())
        loss, x = self.training_loss(params, x_trn, self.augment(self.raw, x_trn))
        gradients = torch.autograd.grad(loss, list(params.values()), create_graph=True)
        moved = {
            name: value - self.inner_lr * gradient for (name, value), gradient in zip(params.items(), gradients)
        }
        # Copies: the virtual step leaves the running statistics alone.
        moved |= {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        z, _ = functional_call(self.model, moved, (torch.cat([x, self.normalise(x_val)]),))
        batch = len(x_trn)
        l_val = validation_loss(z[:batch], z[batch : 2 * batch], z[2 * batch :])
        (total,) = torch.autograd.grad(l_val, [self.raw])
        return [gradient.detach() for gradient in gradients], total

    def tuning(self, x_trn, x_val):
        """A step of theta and one of the augmentation."""
        gradients, total = self.both(x_trn, x_val)
        for parameter, gradient in zip(self.model.parameters(), gradients):
            parameter.grad = gradient
        self.raw.grad = total
        self.optimiser.step()
        self.raw_optimiser.step()


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
