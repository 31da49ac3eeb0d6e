"""Reads commits of a git repository: who, what, and every file of the tree. The only module that knows GitPython."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.errors import NotFound, UsageError

if TYPE_CHECKING:
    import git

_REVISION = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_./~^@{}-]*")


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    branch: str
    """Empty on a detached head."""
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
            branch="" if repository.head.is_detached else repository.active_branch.name,
            message=str(commit.summary),
            author_name=commit.author.name or "",
            author_email=commit.author.email or "",
            is_dirty=not repository.bare and repository.is_dirty(),
        )


def commit_files(folder: Path, sha: str, *, under: str = "") -> Iterator[tuple[str, bytes]]:
    """Path relative to `under`, content; of each regular file of the commit's tree, no links and submodules."""
    with _repository(folder) as repository:
        tree = _commit(repository, sha).tree
        prefix = f"{under.strip('/')}/" if under.strip("/") else ""
        for item in tree.traverse():
            path = str(item.path)  # type: ignore[union-attr]
            if item.type == "blob" and item.mode in (0o100644, 0o100755) and path.startswith(prefix):  # type: ignore[union-attr]
                yield path[len(prefix) :], repository.odb.stream(item.binsha).read()  # type: ignore[union-attr]


def repository_root(folder: Path) -> Path:
    """Top of the work tree, or the bare repository itself."""
    with _repository(folder) as repository:
        return Path(repository.working_tree_dir or repository.git_dir)


def git_folder(folder: Path) -> Path:
    with _repository(folder) as repository:
        return Path(repository.common_dir).absolute()


def configure(folder: Path, *, workspace: Path) -> None:
    """Writes `mltui.workspace` into the clone's own configuration."""
    with _repository(folder) as repository, repository.config_writer() as writer:
        writer.set_value("mltui", "workspace", str(workspace))


def _commit(repository: git.Repo, revision: str) -> git.Commit:
    import git

    if not _REVISION.fullmatch(revision):
        raise UsageError(f"“{revision}” is no name of a commit", hint="give a SHA, a branch or a tag")
    try:
        return repository.commit(revision)
    except (git.BadName, git.GitCommandError, ValueError, IndexError) as error:
        raise NotFound(
            f"there is no commit {revision} in {repository.working_tree_dir or repository.git_dir}",
            hint="commit something first" if revision == "HEAD" else "git log shows what there is",
        ) from error


@contextmanager
def _repository(folder: Path) -> Iterator[git.Repo]:
    """The variables that git sets for its hooks would lead to another repository."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_")}
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    try:
        import git

        try:
            repository = git.Repo(folder, search_parent_directories=True)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
            raise NotFound(
                f"{folder} is in no git repository", hint="git init, add and commit your project there"
            ) from error
        except git.GitCommandNotFound as error:
            raise NotFound("git is not installed", hint="apt-get install git, or what your system has") from error
        try:
            yield repository
        finally:
            repository.close()
    finally:
        os.environ.pop("GIT_PYTHON_REFRESH", None)
        os.environ.update(kept)
