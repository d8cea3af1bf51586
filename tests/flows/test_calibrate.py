"""Implied beside stated, the proposed scale, and the same reports under another accord."""

import numpy as np
import pytest

from detente.flows.calibrate import calibrate, simulate
from detente.flows.workspace import Workspace
from detente.queue.price import scale_for
from reports import moment, trivy, weakness

V2 = [0.01, 1.8e-3 * 0.05 * 0.5, 0.0025 * 0.3, 2.3e-4 * 0.05 * 0.3 * 0.2, 1.1e-5 * 0.05 * 0.3, 0.01 * 0.05 * 0.7]
ACCORD = "accord: {version}\norganisation: Shop\ncurrency: EUR\nprices: {{hazard: {{scale: {scale}}}}}\n"


def written(workspace: Workspace, name: str, version: int, scale: float) -> None:
    workspace.folder.mkdir(parents=True, exist_ok=True)
    (workspace.folder / name).write_text(ACCORD.format(version=version, scale=scale))


def test_the_scale_of_the_worked_example() -> None:
    assert scale_for(np.array(V2), 0.0186) == pytest.approx(0.140285747, rel=1e-6)
    assert scale_for(np.array([]), 0.0186) is None


def test_the_proposed_scale_makes_the_readings_equal(take, workspace) -> None:
    written(workspace, "accord.yaml", 1, 1.0)
    take(trivy("shop:1", [weakness(f"CVE-2024-{n}", f"p{n}") for n in range(1001, 1041)]))
    first = calibrate(workspace, moment(10))
    assert first.proposed is not None
    assert not first.plausible
    assert "accord states 1.86%" in first.reading()
    written(workspace, "accord.yaml", 2, first.proposed)
    second = calibrate(Workspace(workspace.folder, workspace.engine), moment(10))
    assert second.implied == pytest.approx(second.stated, rel=1e-4)
    assert second.plausible
    assert second.proposed == pytest.approx(first.proposed, rel=1e-4)


def test_another_accord_is_tried_without_being_adopted(take, workspace) -> None:
    written(workspace, "accord.yaml", 1, 1.0)
    written(workspace, "other.yaml", 2, 3.0)
    take(trivy("shop:1", [weakness("CVE-2024-1001"), weakness("CVE-2024-1002", "zlib")]))
    told = simulate(workspace, workspace.folder / "other.yaml", moment(10))
    assert float(told.then_loss) == pytest.approx(3 * float(told.now_loss), rel=1e-3)
    assert (told.staying, told.entering, told.leaving, told.currency) == (1, (), (), "EUR")
    assert workspace.accord.version == 1
