"""Files: exact round trip, atomic writing, and every kind of damage named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_examples import make_path
from scipy import sparse

from fastnet import io
from fastnet.exceptions import DamagedFileError
from fastnet.result import Path


def assert_equal(a: Path, b: Path) -> None:
    """Bit by bit."""
    import dataclasses

    for field in dataclasses.fields(Path):
        old, new = getattr(a, field.name), getattr(b, field.name)
        if field.name == "coefs":
            assert old.shape == new.shape
            for part in ("data", "indices", "indptr"):
                first, second = getattr(old, part), getattr(new, part)
                assert first.dtype == second.dtype
                assert first.tobytes() == second.tobytes()
        elif isinstance(old, np.ndarray):
            assert old.dtype == new.dtype
            assert old.tobytes() == new.tobytes()
        elif field.name == "problem_options":
            assert old.keys() == new.keys()
            for key in old:
                np.testing.assert_array_equal(old[key], new[key])
        else:
            assert old == new, field.name
            assert type(old) is type(new), field.name


PATHS = {
    "plain": make_path(),
    "named": make_path(5, 3, feature_names=("a", "ünï 😀 \0 end", "\udc80 lone")),
    "other": make_path(
        2,
        3,
        alphas=[0.1, 5e-324],
        gaps=[-0.0, 1.7976931348623157e308],
        intercepts=[np.nan, -np.inf],
        alpha_max=0.1 + 0.2,
        family="huber",
        family_parameters={"delta": 1 / 3, "other": np.inf},
        fingerprint="ab" * 32,
        statuses=[1, 3],
    ),
    "options": make_path(
        problem_options={
            "sample_weight": np.arange(4.0),
            "lower": -np.inf,
            "upper": np.array([1.0, np.inf]),
            "penalty_factor": None,
            "max_iter": 1000,
            "min_dev_change": 1e-5,
            "flag": True,
        }
    ),
    "int64": make_path(
        1,
        2,
        coefs=sparse.csc_array(([1.0], np.array([1], np.int64), np.array([0, 1], np.int64)), shape=(2, 1)),
    ),
    "empty model": make_path(2, 3, coefs=sparse.csc_array((3, 2))),
}


@pytest.mark.parametrize("name", PATHS)
def test_round_trip_is_exact(name, tmp_path):
    file = tmp_path / "any.name"
    PATHS[name].save(file)
    assert_equal(PATHS[name], io.load(file))
    assert [f.name for f in tmp_path.iterdir()] == ["any.name"]
    PATHS[name].save(str(file))
    assert_equal(PATHS[name], io.load(str(file)))


def test_coefs_stay_read_only_after_load(tmp_path):
    PATHS["plain"].save(tmp_path / "p")
    assert not io.load(tmp_path / "p").coefs.data.flags.writeable


def test_no_pickle_inside(tmp_path):
    PATHS["options"].save(tmp_path / "p")
    with np.load(tmp_path / "p", allow_pickle=False) as archive:
        assert all(not archive[name].dtype.hasobject for name in archive.files)
    with pytest.raises(TypeError, match="problem_options.weird holds Python objects"):
        make_path(problem_options={"weird": np.array([object()])}).save(tmp_path / "q")
    with pytest.raises(TypeError, match=r"cannot be written to a file"):
        make_path(problem_options={"weird": object()}).save(tmp_path / "q")
    assert not (tmp_path / "q").exists()


def test_permissions_and_links(tmp_path):
    if os.name != "posix":
        pytest.skip("POSIX permissions and links")
    (tmp_path / "ordinary").write_bytes(b"")
    PATHS["plain"].save(tmp_path / "p")
    assert (tmp_path / "p").stat().st_mode == (tmp_path / "ordinary").stat().st_mode
    (tmp_path / "folder").mkdir()
    os.symlink(tmp_path / "folder" / "real", tmp_path / "link")
    PATHS["plain"].save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert_equal(PATHS["plain"], io.load(tmp_path / "folder" / "real"))


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    file = tmp_path / "p"
    PATHS["plain"].save(file)

    def full_disk(stream, **arrays):
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(io.np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        PATHS["named"].save(file)
    monkeypatch.undo()
    assert_equal(PATHS["plain"], io.load(file))
    assert [f.name for f in tmp_path.iterdir()] == ["p"]


def test_missing_folder_and_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        PATHS["plain"].save(tmp_path / "no" / "p")
    with pytest.raises(FileNotFoundError):
        io.load(tmp_path / "nothing")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_kill_in_the_middle_leaves_the_old_file(tmp_path):
    """A child overwrites the file with a large path and is killed while it writes."""
    file = tmp_path / "p"
    PATHS["plain"].save(file)
    script = textwrap.dedent("""
        import sys, time
        sys.path[:0] = sys.argv[2:]
        import numpy
        from result_examples import make_path
        from fastnet import io
        savez = numpy.savez
        def slow(stream, **arrays):
            savez(stream, **arrays)
            stream.flush()
            print("written", flush=True)
            time.sleep(60)
        io.np.savez = slow
        make_path(9, 9).save(sys.argv[1])
    """)
    folders = [str(p) for p in (os.path.dirname(os.path.dirname(io.__file__)), os.path.dirname(__file__))]
    with subprocess.Popen(
        [sys.executable, "-c", script, str(file), *folders], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "written\n"
        child.kill()
    assert_equal(PATHS["plain"], io.load(file))


# --- damage


@pytest.fixture
def saved(tmp_path):
    file = tmp_path / "path.npz"
    PATHS["named"].save(file)
    return file


def rewrite(file, change):
    """Change the arrays of an archive, leaving a well-formed npz."""
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    change(arrays)
    with open(file, "wb") as stream:
        np.savez(stream, **arrays)


def set_header(parts, /, **changes):
    header = json.loads(parts["header"].tobytes()) | changes
    parts["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    parts["header_sha256"] = np.frombuffer(io.digest(parts["header"]).encode(), dtype=np.uint8)


def change_array(name, value):
    """A part replaced together with its digest: a file that is well formed but wrong."""

    def change(arrays):
        arrays[name] = np.asarray(value)
        digests = json.loads(arrays["header"].tobytes())["arrays"] | {name: io.digest(arrays[name])}
        set_header(arrays, arrays=digests)

    return change


def change_meta(**changes):
    def change(arrays):
        set_header(arrays, meta=json.loads(arrays["header"].tobytes())["meta"] | changes)

    return change


def drop_meta(name):
    def change(arrays):
        meta = json.loads(arrays["header"].tobytes())["meta"]
        del meta[name]
        set_header(arrays, meta=meta)

    return change


DAMAGE = {
    "a number changed": (lambda a: a.update(gaps=a["gaps"] + 1e-16), "'gaps' is damaged"),
    "a type changed": (lambda a: a.update(dfs=a["dfs"].astype(np.int32)), "'dfs' is damaged"),
    "a shape changed": (lambda a: a.update(times=a["times"][:, None]), "'times' is damaged"),
    "a part gone": (lambda a: a.pop("coefs.data"), "'coefs.data' is missing"),
    "no seal": (lambda a: a.pop("header_sha256"), "'header_sha256' is missing"),
    "header changed": (lambda a: a.update(header=a["header"][:-1]), "'header' is damaged"),
    "not ours": (lambda a: a.pop("header"), "fastnet did not save it: it has no part 'header'"),
    "newer version": (lambda a: set_header(a, version=99), "format version 99; this fastnet reads version 1"),
    "other format": (lambda a: set_header(a, format="x"), "has the format 'x'"),
    "other kind": (lambda a: set_header(a, kind="Forest"), "holds a 'Forest'; this fastnet loads .*Path"),
    "no meta": (lambda a: set_header(a, meta=None), "'header' is incomplete"),
    "lengths": (
        change_array("gaps", np.zeros(3)),
        r"does not hold a Path that fits together: gaps has shape",
    ),
    "wild index": (
        change_array("coefs.indices", np.full(PATHS["named"].coefs.nnz, 10**6)),
        r"coefs\.indices\[0\] is 1000000",
    ),
    "wild indptr": (change_array("coefs.indptr", np.array([0, 99, 99, 99, 99, 99])), "coefs.indptr"),
    "strange shape": (change_meta(shape="ab"), "does not hold a Path that fits together"),
    "unknown status": (change_array("statuses", np.full(5, 77)), "statuses"),
    "names": (change_meta(feature_names=["a"]), "feature_names has 1 names"),
    "field gone": (drop_meta("tol"), "the part 'tol' of a Path is missing"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_named(case, saved):
    change, message = DAMAGE[case]
    rewrite(saved, change)
    with pytest.raises(DamagedFileError, match=message):
        io.load(saved)


def test_not_an_archive(tmp_path):
    for content in (b"", b"hello", b"PK\x03\x04", b"\x93NUMPY\x01\x00"):
        (tmp_path / "f").write_bytes(content)
        with pytest.raises(DamagedFileError, match="not a file that fastnet saved"):
            io.load(tmp_path / "f")
    np.save(tmp_path / "f.npy", np.ones(3))
    with pytest.raises(DamagedFileError, match="single array"):
        io.load(tmp_path / "f.npy")
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("header.npy", "no array")
        archive.writestr("header_sha256.npy", "no array")
    with pytest.raises(DamagedFileError, match="'header' is damaged"):
        io.load(tmp_path / "f.zip")


def test_pickles_are_never_read(tmp_path):
    np.save(tmp_path / "f.npy", np.array([{}]), allow_pickle=True)
    np.savez(tmp_path / "f.npz", header=np.array([{}]), header_sha256=np.array([{}]))
    import pickle

    (tmp_path / "f.pkl").write_bytes(pickle.dumps([1]))
    for name in ("f.npy", "f.npz", "f.pkl"):
        with pytest.raises(DamagedFileError):
            io.load(tmp_path / name)


@given(data=st.data())
def test_any_flipped_byte_or_cut_is_noticed_or_harmless(data, tmp_path_factory):
    """Load either raises DamagedFileError or gives exactly what was saved (bytes that carry no meaning)."""
    file = tmp_path_factory.getbasetemp() / "fuzzed"
    PATHS["options"].save(file)
    content = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        content = content[:at]
    file.write_bytes(content)
    try:
        result = io.load(file)
    except DamagedFileError:
        return
    assert_equal(PATHS["options"], result)
