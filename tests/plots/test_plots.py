"""Pictures show what was proven: the drawn curves lie on level sets, and trajectories are those of the system."""

import subprocess
import sys

import numpy as np
import pytest

import nsos_jax as nsos
from nsos_jax import control, plots
from nsos_jax.control import ControlResult, ControlStatus

pytest.importorskip("matplotlib").use("Agg")
X, Y = nsos.variables("x y")
BOX = {"x": (-3.0, 3.0), "y": (-3.0, 3.0)}
VAN_DER_POL = control.System(lambda x, y: (-y, x + (x**2 - 1) * y), states="x y")
V = nsos.Polynomial.parse("3/2*x^2 - x*y + y^2")
SPIRAL = control.System(lambda x, y: (-x + y, -x - y), states="x y")


def drawn(figure, name):
    """The vertices of lines or contours with this gid, one array each."""
    axes = figure.axes[0]
    lines = [line.get_xydata() for line in axes.lines if line.get_gid() == name]
    return lines + [path.vertices for one in axes.collections if one.get_gid() == name for path in one.get_paths()]


@pytest.fixture(scope="module")
def region():
    return control.region_of_attraction(VAN_DER_POL, V=V)


def test_region(region):
    figure = plots.phase_portrait(VAN_DER_POL, region, box=BOX, trajectories=30, seconds=4)
    [edge] = drawn(figure, "region")
    assert np.allclose(V.evaluate_float(edge), float(region.level), atol=1e-2)
    inside, outside = drawn(figure, "inside"), drawn(figure, "outside")
    assert len(inside) + len(outside) == 30
    assert inside
    for path in inside:
        values = V.evaluate_float(path)
        assert values[0] < region.level
        assert (np.diff(values) < 1e-9).all()
    assert all(V.evaluate_float(path)[0] >= region.level for path in outside)
    [escape] = drawn(figure, "escape")
    assert np.allclose(escape, [[float(region.escape[name]) for name in "xy"]])
    assert figure.axes[0].get_title() == region.conclusion


def test_angles_are_drawn_as_angles():
    pendulum = control.System(lambda th, w: (w, -control.sin(th) - w / 2), states="th w", angles="th")
    energy = nsos.Polynomial.parse("1/2*w^2 + 1 - cos_th")
    result = ControlResult(ControlStatus.UNDECIDED, function=energy)
    figure = plots.phase_portrait(pendulum, result, box={"th": (-4, 4), "w": (-3, 3)}, levels=[1.0], trajectories=5)
    for curve in drawn(figure, "levels"):
        th, w = curve.T
        assert np.allclose(w**2 / 2 + 1 - np.cos(th), 1, atol=5e-3)
    paths = drawn(figure, "path")
    assert len(paths) == 5
    for th, w in (path.T for path in paths):
        assert np.abs(np.diff(th)).max() < 1
        assert (np.diff(w**2 / 2 + 1 - np.cos(th)) < 1e-6).all()


def test_barrier():
    start, far = nsos.SemialgebraicSet.ball("x y", 1), nsos.SemialgebraicSet([X - 2])
    B = X**2 + Y**2 - 2
    result = control.BarrierResult(ControlStatus.UNDECIDED, function=B)
    around = nsos.SemialgebraicSet.ball("x y", 2)
    figure = plots.barrier_portrait(SPIRAL, result, start, [far], around, box=BOX, trajectories=7, seconds=3)
    assert np.allclose(B.evaluate_float(np.concatenate(drawn(figure, "barrier"))), 0, atol=1e-2)
    assert np.allclose(np.hypot(*np.concatenate(drawn(figure, "initial")).T), 1, atol=1e-2)
    assert np.allclose(np.hypot(*np.concatenate(drawn(figure, "domain")).T), 2, atol=1e-2)
    assert np.allclose(np.concatenate(drawn(figure, "unsafe"))[:, 0], 2, atol=1e-2)
    goal = nsos.SemialgebraicSet.ball("x y", 0.5)
    reached = plots.barrier_portrait(SPIRAL, result, start, [far], around, goal, box=BOX, trajectories=1, seconds=3)
    assert np.allclose(np.hypot(*np.concatenate(drawn(reached, "target")).T), 0.5, atol=1e-2)
    paths = drawn(figure, "path")
    assert len(paths) == 7
    for path in paths:
        assert np.hypot(*path[0]) <= 1
        assert np.allclose(np.hypot(*path[-1]), np.hypot(*path[0]) * np.exp(-3), atol=1e-5)


def test_discrete_time_and_fixed_states():
    halving = control.System(lambda x, y, z: (x / 2, y / 2, z), states="x y z", time="discrete")
    figure = plots.phase_portrait(halving, box={"x": (0, 2), "z": (-1, 1)}, at={"y": 1}, trajectories=2, seconds=3)
    for path in drawn(figure, "path"):
        assert np.allclose(path[:, 0], path[0, 0] * 0.5 ** np.arange(4))
        assert np.allclose(path[:, 1], path[0, 1])


def test_margins():
    a, b = np.linspace(0, 1, 11), np.linspace(0, 2, 21)
    figure = plots.margin_map({"a": a, "b": b}, a[:, None] - b[None, :])
    [zero] = drawn(figure, "zero")
    assert np.allclose(zero[:, 0], zero[:, 1], atol=1e-9)
    [mesh] = [one for one in figure.axes[0].collections if one.get_gid() == "margins"]
    assert np.allclose(mesh.get_array().reshape(21, 11), (a[:, None] - b[None, :]).T)
    assert mesh.norm.vmin == -mesh.norm.vmax == -2
    [curve] = drawn(plots.margin_map({"a": a}, a**2), "margins")
    assert np.allclose(curve, np.column_stack([a, a**2]))


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="box: got x, wanted two of x, y"):
        plots.phase_portrait(SPIRAL, box={"x": (-1, 1)})
    with pytest.raises(ValueError, match=r"box\['y'\]: got \(1, 1\)"):
        plots.phase_portrait(SPIRAL, box={"x": (-1, 1), "y": (1, 1)})
    with pytest.raises(ValueError, match=r"margins: got the shape \(2, 3\), wanted \(3, 2\)"):
        plots.margin_map({"a": np.zeros(3), "b": np.zeros(2)}, np.zeros((2, 3)))


def test_without_matplotlib_the_remedy_is_named():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from nsos_jax import plots\n"
        "try: plots.margin_map({'a': [0, 1]}, [0, 1])\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == 'plots need matplotlib: pip install "nsos-jax[plot]"'
