"""Reads commits of a git repository: who, what, and every file of the tree. The only module that knows GitPython."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mltui.errors import NotFound, Refused, UsageError

if TYPE_CHECKING:
    import git

_REGULAR = (0o100644, 0o100755)
_REVISION = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_./~^@{}-]*")


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    branch: str
    """The one that was named, that is checked out, or whose tip it is; empty where none is."""
    message: str
    """First line."""
    author_name: str
    author_email: str
    is_dirty: bool
    """Whether tracked files of the work tree differ from their commit; False for a bare repository."""


def read_commit(folder: Path, revision: str = "HEAD") -> Commit:
    """Raises `NotFound` where there is no repository or no such commit."""
    with _repository(folder) as repository:
        commit = _commit(repository, revision)
        return Commit(
            sha=commit.hexsha,
            branch=_branch_of(repository, commit, revision),
            message=str(commit.summary),
            author_name=commit.author.name or "",
            author_email=commit.author.email or "",
            is_dirty=not repository.bare and repository.is_dirty(),
        )


def commit_files(folder: Path, sha: str, *, under: str = "") -> Iterator[tuple[str, bytes]]:
    """Path relative to `under`, content; of each regular file of the commit's tree, no links and submodules."""
    with _repository(folder) as repository:
        prefix = f"{under.strip('/')}/" if under.strip("/") else ""
        for path, read in _files(repository, sha):
            if path.startswith(prefix):
                yield path[len(prefix) :], read()


def repository_root(folder: Path) -> Path:
    """Top of the work tree, or the bare repository itself."""
    with _repository(folder) as repository:
        return Path(repository.working_tree_dir or repository.git_dir)


def is_bare(folder: Path) -> bool:
    with _repository(folder) as repository:
        return bool(repository.bare)


def holds_files_under_git(path: Path) -> bool:
    """Whether git tracks the file, or anything in the folder; False where there is neither work tree nor path."""
    if not path.exists():
        return False
    place = path.resolve()
    try:
        with _repository(place if place.is_dir() else place.parent) as repository:
            return not repository.bare and bool(repository.git.ls_files("--", str(place)))
    except NotFound:
        return False


def folders_with(folder: Path, sha: str, name: str) -> list[tuple[str, str]]:
    """Folder and text of each file of that name in the commit's tree, those nearest to the top first."""
    with _repository(folder) as repository:
        found = [(path, read) for path, read in _files(repository, sha) if path.rpartition("/")[2] == name]
        found.sort(key=lambda each: (each[0].count("/"), each[0]))
        return [(path.rpartition("/")[0], read().decode("utf-8", "replace")) for path, read in found]


def hooks_folder(folder: Path) -> Path:
    """Raises `Refused` where git is told to take this repository's hooks from elsewhere, perhaps with others'."""
    with _repository(folder) as repository:
        elsewhere = repository.config_reader().get_value("core", "hooksPath", "")
        if elsewhere:
            raise Refused(
                f"git takes the hooks from {elsewhere} (core.hooksPath)",
                hint="add `mltui --batch train --commit HEAD` to the hooks there yourself",
            )
        return Path(repository.common_dir).absolute() / "hooks"


def configure(folder: Path, *, place: str, workspace: Path) -> None:
    """Writes the workspace of the project at that place into the clone's own configuration, as `pointer` reads it."""
    escaped = place.replace("\\", "\\\\").replace('"', '\\"')
    with _repository(folder) as repository, repository.config_writer() as writer:
        writer.set_value(f'mltui "{escaped}"' if place else "mltui", "workspace", str(workspace))


def unconfigure(folder: Path, *, workspace: Path) -> None:
    """Takes whatever names that workspace out of it again."""
    with _repository(folder) as repository, repository.config_writer() as writer:
        for section in [name for name in writer.sections() if name == "mltui" or name.startswith('mltui "')]:
            if writer.get_value(section, "workspace", "") == str(workspace):
                writer.remove_section(section)


def _files(repository: git.Repo, sha: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Path and reader of each regular file."""
    items: Iterable[Any] = _commit(repository, sha).tree.traverse()
    for item in items:
        if item.type == "blob" and item.mode in _REGULAR:
            yield str(item.path), partial(_content, repository, item.binsha)


def _content(repository: git.Repo, sha: bytes) -> bytes:
    content: bytes = repository.odb.stream(sha).read()
    return content


def _branch_of(repository: git.Repo, commit: git.Commit, revision: str) -> str:
    named = next((branch.name for branch in repository.branches if branch.name == revision), "")
    if named or repository.head.is_detached:
        return named
    if repository.head.commit == commit:
        return repository.active_branch.name
    return next((branch.name for branch in repository.branches if branch.commit == commit), "")


def _commit(repository: git.Repo, revision: str) -> git.Commit:
    import git

    if not _REVISION.fullmatch(revision):
        raise UsageError(f"“{revision}” is no name of a commit", hint="give a SHA, a branch or a tag")
    try:
        commit = repository.commit(revision)
        _ = commit.message  # of a whole SHA, GitPython looks only when it is asked
        return commit
    except (git.BadName, git.GitCommandError, ValueError, IndexError) as error:
        raise NotFound(
            f"there is no commit {revision} in {repository.working_tree_dir or repository.git_dir}",
            hint="commit something first" if revision == "HEAD" else "git log shows what there is",
        ) from error


@contextmanager
def _repository(folder: Path) -> Iterator[git.Repo]:
    """Turns what GitPython raises into errors that a person can act on; the only place that does."""
    with _without_variables_of_git():
        import git

        try:
            with git.Repo(folder, search_parent_directories=True) as repository:
                repository.git.rev_parse("--git-dir")  # else a refusal of git would look like an empty repository
                yield repository
        except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
            raise NotFound(
                f"{folder} is in no git repository", hint="git init, add and commit your project there"
            ) from error
        except git.GitCommandNotFound as error:
            raise NotFound("git is not installed", hint="apt-get install git, or what your system has") from error
        except git.GitCommandError as error:
            reason = " ".join(str(error.stderr).replace("stderr:", "").split())[:200]
            raise Refused(
                f"git refuses to work in {folder}: {reason}", hint="mltui doctor tells what to do", code="git_refuses"
            ) from error


@contextmanager
def _without_variables_of_git() -> Iterator[None]:
    """Those that git sets for its hooks would lead to another repository."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_")}
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    try:
        yield
    finally:
        os.environ.pop("GIT_PYTHON_REFRESH", None)
        os.environ.update(kept)
