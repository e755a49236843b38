"""The other side of `make bench-step`: method.py's steps. Speaks the language of train/examples/step.rs:

    step.py serve CASE_DIR [channels_last] [double]
"""

import ctypes
import json
import sys
import time

import torch

from method import Detector, Steps, cutdiff, read_safetensors


class Side:
    def __init__(self, folder, options):
        case = json.load(open(f"{folder}/case.json"))
        torch.set_num_threads(case["threads"])
        kind = torch.float64 if "double" in options else torch.float32
        tensors = {name: tensor.to(kind) for name, tensor in read_safetensors(f"{folder}/case.safetensors").items()}
        model = Detector(case["width"], case["blocks"], case["imagenet_stem"], case["head"]).to(kind)
        names = dict(model.named_parameters())
        model.load_state_dict({name: tensors[f"param.{name}"] for name in names}, strict=False)
        self.x_trn, self.x_val, self.centers = tensors["x_trn"], tensors["x_val"], tensors["centers"]
        raw = tensors["raw"].requires_grad_()
        if "channels_last" in options:
            model.to(memory_format=torch.channels_last)
            order = lambda x: x.contiguous(memory_format=torch.channels_last)
        else:
            order = lambda x: x
        self.steps = Steps(
            model,
            raw,
            augment=lambda raw, x: cutdiff(raw, x, self.centers, case),
            normalise=lambda x: order((x - 0.5) / 0.3),
            inner_lr=case["inner_lr"],
            optimiser=torch.optim.Adam(model.parameters(), lr=case["lr"]),
            raw_optimiser=torch.optim.Adam([raw], lr=case["raw_lr"]),
        )

    def tuning(self):
        self.steps.tuning(self.x_trn, self.x_val)

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
                return self.steps.both(self.x_trn, self.x_val)[1].tolist()
            case ["memory"]:
                return self.memory()
            case ["plain", count]:
                return seconds(int(count), lambda: self.steps.plain(self.x_trn))
            case ["tuning", count]:
                return seconds(int(count), self.tuning)
        raise SystemExit(f"no command {command!r}")


def seconds(count, step):
    start = time.perf_counter()
    for _ in range(count):
        step()
    return time.perf_counter() - start


def resident(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1]) * 1024


if __name__ == "__main__":
    _, _, folder, *options = sys.argv
    side = Side(folder, options)
    for line in sys.stdin:
        print(json.dumps(side.answer(line.strip())), flush=True)
