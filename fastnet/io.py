"""Files: npz without pickle, a format version, a digest of every part, written atomically.

A file holds plain arrays and one JSON header (as bytes). The header lists the SHA-256 digest of every array,
and a last entry is the digest of the header: any change is noticed and the changed part named. This is
against damage, not against forgery; loading a forged file is safe all the same (no code, no pickle; sparse
structure is proved before use).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from scipy import sparse

from fastnet.exceptions import DamagedFileError
from fastnet.validation.sparse import check_compressed

__all__ = ["digest", "load", "read_archive", "save", "write_archive"]

FORMAT = "fastnet"
VERSION = 1  # raised whenever an older fastnet could misread a file
_HEADER, _SEAL = "header", "header_sha256"


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of arrays with their dtypes and shapes, as 64 hexadecimal digits."""
    state = hashlib.sha256()
    for array in arrays:
        array = np.asarray(array)
        state.update(f"{array.dtype.str}{array.shape}".encode())
        state.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return state.hexdigest()


def write_archive(file, kind: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
    """Write arrays and JSON metadata to `file`, whole or not at all.

    The archive goes to a temporary file in the same folder, is flushed to the disk and then takes the name in
    one step: whatever happens in between (even ``kill -9``), `file` is the old one or the new one.

    Parameters
    ----------
    file : str or path-like
        Used as it is; no suffix is added.
    kind : str
        What is stored, e.g. "Path"; `load` chooses by it.

    Raises
    ------
    TypeError
        For metadata or arrays that would need pickle.
    OSError
        From the file system; nothing is left behind then.
    """
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"{name} holds Python objects, which are never written to a file; convert it to numbers")
    header = {"format": FORMAT, "version": VERSION, "kind": kind, "meta": meta}
    header["arrays"] = {name: digest(array) for name, array in arrays.items()}
    text = np.frombuffer(json.dumps(header, default=_plain).encode("ascii"), dtype=np.uint8)
    seal = np.frombuffer(digest(text).encode("ascii"), dtype=np.uint8)
    contents: dict[str, Any] = {_HEADER: text, _SEAL: seal, **arrays}
    _write_atomically(file, lambda stream: np.savez(stream, **contents))


def _plain(value):
    """NumPy scalars and the like as what JSON knows."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(
        f"{value!r} ({type(value).__name__}) cannot be written to a file; numbers, strings, lists, "
        "dictionaries and arrays can"
    )


def _write_atomically(file, write: Callable[[Any], None]) -> None:
    target = os.path.realpath(os.fspath(file))  # the file that a link points to, so that the link stays
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(8)}.tmp")
    # os.open, not tempfile: the new file gets the usual permissions, not private ones
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "w+b") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:  # Ctrl-C as well
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    """Make the new name itself survive a power cut, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # not possible on Windows
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def read_archive(file) -> tuple[str, dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_archive` wrote: kind, arrays and metadata, every digest checked.

    Raises
    ------
    FileNotFoundError
    DamagedFileError
        Naming the part that is damaged, missing, or of another format.
    """
    path = FilePath(os.fspath(file))
    with open(path, "rb") as stream:
        try:
            archive = np.load(stream, allow_pickle=False)
        except _READ_ERRORS as error:
            raise DamagedFileError(f"{path} is not a file that fastnet saved, or it is cut short ({error})") from None
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise DamagedFileError(f"{path} is a single array, not a file that fastnet saved")
        header = _read_header(path, archive)
        arrays = {}
        for name, expected in header["arrays"].items():
            arrays[name] = _read_part(path, archive, name)
            if digest(arrays[name]) != expected:
                raise DamagedFileError(
                    f"{path}: the part {name!r} is damaged (its digest is not the one in the header)"
                )
    return header["kind"], arrays, header["meta"]


def _read_header(path, archive) -> dict[str, Any]:
    if _HEADER not in archive.files:
        raise DamagedFileError(f"{path} is an npz file but fastnet did not save it: it has no part {_HEADER!r}")
    text, seal = _read_part(path, archive, _HEADER), _read_part(path, archive, _SEAL)
    if text.dtype != np.uint8 or seal.dtype != np.uint8 or digest(text).encode() != seal.tobytes():
        raise DamagedFileError(f"{path}: the part {_HEADER!r} is damaged (its digest does not agree)")
    try:
        header = json.loads(text.tobytes())
        name, version = header["format"], header["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(f"{path}: the part {_HEADER!r} cannot be read ({error})") from None
    if name != FORMAT:
        raise DamagedFileError(f"{path} has the format {name!r}; fastnet reads {FORMAT!r}")
    if version != VERSION:
        raise DamagedFileError(
            f"{path} has the format version {version}; this fastnet reads version {VERSION}: install the "
            "fastnet that wrote it, "
            "or fit again"
        )
    if not isinstance(header.get("arrays"), dict) or not isinstance(header.get("meta"), dict) or "kind" not in header:
        raise DamagedFileError(f"{path}: the part {_HEADER!r} is incomplete")
    return header


def _read_part(path, archive, name: str) -> np.ndarray:
    if name not in archive.files:
        raise DamagedFileError(f"{path}: the part {name!r} is missing")
    try:
        array = archive[name]
    except _READ_ERRORS as error:
        raise DamagedFileError(f"{path}: the part {name!r} is damaged ({error})") from None
    if not isinstance(array, np.ndarray):
        raise DamagedFileError(f"{path}: the part {name!r} is damaged (it is not an array)")
    return array


# what zipfile and NumPy raise for damaged entries; a flipped bit may also claim encryption or a compression
_READ_ERRORS = (
    ValueError,
    OSError,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
)


def save(path, file) -> None:
    """Write a `fastnet.result.Path` to `file`; see `fastnet.result.Path.save`."""
    write_archive(file, "Path", *path_parts(path))


def path_parts(path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and metadata of a `fastnet.result.Path`; ``LOADERS["Path"]`` is the inverse."""
    from fastnet.result import POINT_FIELDS

    arrays = {name: getattr(path, name) for name in POINT_FIELDS}
    arrays |= {f"coefs.{part}": getattr(path.coefs, part) for part in _PARTS}
    plain = {}
    for name, value in path.problem_options.items():
        if isinstance(value, np.ndarray):
            arrays[f"problem_options.{name}"] = value
        else:
            plain[name] = value
    meta = {name: getattr(path, name) for name in _SCALARS}
    names = None if path.feature_names is None else list(path.feature_names)
    meta |= {"family_parameters": path.family_parameters, "feature_names": names}
    return arrays, meta | {"problem_options": plain, "shape": list(path.coefs.shape)}


_PARTS = ("data", "indices", "indptr")
_SCALARS = (
    "l1_ratio",
    "stop_reason",
    "alpha_max",
    "family",
    "tol",
    "fit_intercept",
    "standardize",
    "null_objective",
    "fingerprint",
    "gamma",
)


def _path_from(arrays: dict[str, np.ndarray], meta: dict[str, Any]):
    """The inverse of `path_parts`."""
    from fastnet.result import POINT_FIELDS, Path

    p, K = (int(size) for size in meta["shape"])
    data, indices, indptr = (arrays[f"coefs.{part}"] for part in _PARTS)
    parts = check_compressed(data, indices, indptr, K, p, name="coefs")
    prefix = "problem_options."
    stored = {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}
    meta = {"gamma": 1.0} | meta  # files from before there were relaxed paths
    fields = {name: arrays[name] for name in POINT_FIELDS} | {name: meta[name] for name in _SCALARS}
    return Path(
        coefs=sparse.csc_array(parts, shape=(p, K)),
        family_parameters=meta["family_parameters"],
        feature_names=meta["feature_names"],
        problem_options=meta["problem_options"] | stored,
        **fields,
    )


# kind in the header -> the function that builds the result from arrays and metadata; other results register
# here
LOADERS: dict[str, Callable[[dict[str, np.ndarray], dict[str, Any]], Any]] = {"Path": _path_from}


def load(file):
    """What ``save`` wrote, bit by bit the same.

    Parameters
    ----------
    file : str or path-like

    Returns
    -------
    Path
        Or another result of fastnet: the file knows what it holds.

    Raises
    ------
    FileNotFoundError
    DamagedFileError
        A ValueError that names the damaged or missing part, or the format version.
    """
    kind, arrays, meta = read_archive(file)
    if kind not in LOADERS:
        raise DamagedFileError(
            f"{file} holds a {kind!r}; this fastnet loads {', '.join(sorted(LOADERS))}: upgrade fastnet"
        )
    try:
        return LOADERS[kind](arrays, meta)
    except KeyError as error:
        raise DamagedFileError(f"{file}: the part {error} of a {kind} is missing") from None
    except (TypeError, ValueError) as error:
        raise DamagedFileError(f"{file} does not hold a {kind} that fits together: {error}") from None
