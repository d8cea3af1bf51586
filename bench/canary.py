"""False rollbacks and minutes to detection of the rollout's health test: `make bench-canary`.

Streams are simulated minute by minute: Poisson requests, binomial errors, a common shock of both groups (AR(1) in the log
error rate, coefficient 0.8) and noise of the canary alone (0.3 of the shock). A fault multiplies the canary's error rate from
its onset on. The rules of others run on the same streams where the script that holds them is at hand (`DETENTE_PEERS`, else
shared/bench/canary.py beside the checkout). Neither the weights nor `rho0` were tuned on these seeds (design/009).
"""

import argparse
import importlib.util
import os
import platform
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from detente.model.change import Counts, Health
from detente.plan.canary import Design, begin, judge, look

CELLS = ((5, 0.002), (50, 0.002), (500, 0.002), (50, 0.02))  # requests a second in all, base error rate
FAULTS = {"healthy": 1.0, "1.15x": 1.15, "1.5x": 1.5, "2x": 2.0, "5x": 5.0, "late 2x": 2.0}
SHOCKS = (0.0, 0.5)
PEERS = Path(os.environ.get("DETENTE_PEERS") or Path(__file__).resolve().parents[2] / "shared" / "bench" / "canary.py")
COMPARED = (
    "z-test every 5 min",
    "Mann-Whitney at end",
    "2x control, limit 0",
    "SPRT 2x, b=.05",
    "mixture, rho0=1.2",
    "e-detector, rho0=1.2",
)


def streams(seed, count, minutes, rate, base, fault, shock, onset, share):
    """Requests and errors of canary and control, each `count` x `minutes`."""
    draw = np.random.default_rng(seed)
    common = np.zeros((count, minutes))
    for minute in range(1, minutes):
        common[:, minute] = 0.8 * common[:, minute - 1] + 0.6 * draw.normal(size=count)
    control = base * np.exp(shock * common)
    worse = np.where(np.arange(minutes) >= onset, fault, 1.0)
    canary = control * worse * np.exp(0.3 * shock * draw.normal(size=(count, minutes)))
    n, m = (draw.poisson(rate * 60 * part, (count, minutes)) for part in (share, 1 - share))
    return n, draw.binomial(n, canary.clip(0, 0.9)), m, draw.binomial(m, control.clip(0, 0.9))


def ours(data, minutes):
    """Minute of the rollback of every stream (0: none), and which were promoted at the end of the soak."""
    stopped, promoted = [], []
    for rows in zip(*(part.tolist() for part in data), strict=True):
        evidence, at = begin(Design(looks=minutes)), 0
        for minute, counts in enumerate(zip(*rows, strict=True), 1):
            evidence = look(evidence, Counts(*counts))
            if evidence.against >= evidence.design.bar:
                at = minute
                break
        stopped.append(at)
        promoted.append(not at and judge(evidence).health is Health.HEALTHY)
    return np.array(stopped), np.array(promoted)


def shown(name, stopped):
    hit = stopped > 0
    text = f"{hit.mean():.1%}" if name in ("healthy", "1.15x") else f"{hit.mean():.0%}"
    return text + (f" ({np.median(stopped[hit]):g})" if hit.any() and name not in ("healthy", "1.15x") else "")


def cell(number, rate, base, shock, options, peers):
    print(f"\n**{rate} requests/s, error rate {base:.1%}, common shock {shock:g}**\n")
    print(
        f"| rule | false rollback | {' | '.join(list(FAULTS)[1:])} | healthy promoted | 2x promoted | CPU s |\n|---|{'---:|' * 9}"
    )
    data = {
        name: streams([options.seed, number, round(shock * 10), place], options.streams, options.minutes, rate, base, fault,
                      shock, options.minutes // 2 if name == "late 2x" else 0, options.share)
        for place, (name, fault) in enumerate(FAULTS.items())
    }  # fmt: skip
    for name in [one for one in COMPARED if one in peers]:
        start = time.process_time()
        row = [shown(kind, peers[name](*part)) for kind, part in data.items()]
        print(f"| {name} | {' | '.join(row)} | - | - | {time.process_time() - start:.1f} |")
    start = time.process_time()
    found = {kind: ours(part, options.minutes) for kind, part in data.items()}
    row = [shown(kind, stopped) for kind, (stopped, _) in found.items()]
    went = [f"{found[kind][1].mean():.0%}" for kind in ("healthy", "2x")]
    print(f"| **Détente** | {' | '.join(row)} | {' | '.join(went)} | {time.process_time() - start:.1f} |", flush=True)
    return {kind: stopped for kind, (stopped, _) in found.items()}


def others() -> dict:
    if not PEERS.is_file():
        print(f"The rules of others are not at hand ({PEERS.name}): Détente alone.")
        return {}
    spec = importlib.util.spec_from_file_location("peers", PEERS)
    module = importlib.util.module_from_spec(spec) if spec else ModuleType("peers")
    spec.loader.exec_module(module)
    return module.BASELINES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(f"{options.streams} streams a cell, {options.minutes} min, canary {options.share:.0%}, seed {options.seed}; "
          f"Python {platform.python_version()}, numpy {np.__version__}. In brackets: median minute of the stop.")  # fmt: skip
    peers, goals = others(), []
    for number, (rate, base) in enumerate(CELLS):
        for shock in SHOCKS:
            stopped = cell(number, rate, base, shock, options, peers)
            goals.append(("false rollback <= 0.5 %", (stopped["healthy"] > 0).mean() <= 0.005))
            for kind, at in (("5x", 50), ("2x", 500)):
                if (rate, base) == (at, 0.002):
                    minutes = np.where(stopped[kind] > 0, stopped[kind], options.minutes + 1)
                    goals.append((f"{kind} at {at} requests/s: median <= 5 min", np.median(minutes) <= 5))
    print()
    for name in dict.fromkeys(name for name, _ in goals):
        held = [fine for each, fine in goals if each == name]
        print(f"- {name}: reached in {sum(held)} of {len(held)} cells")


if __name__ == "__main__":
    main()
