"""What a directory lists, what is read of a file, and how an upload becomes one: rules L-19 and L-20."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from claudios.agent.files.directories import list_directory
from claudios.agent.files.places import Places
from claudios.agent.files.reading import is_text, read_file
from claudios.agent.files.uploads import PREFIX, Uploads
from claudios.protocol.asking import MAX_ENTRIES, MAX_UPLOAD_BYTES, ListDirectory, ReadFile, WriteFile
from claudios.protocol.errors import Conflict, InputInvalid, NotFound

ONE, TWO = "1" * 32, "2" * 32


@pytest.fixture
def uploading(places: Places) -> Uploads:
    return Uploads(places)


def piece(content: bytes, offset: int = 0, upload: str = ONE, path: str = "up.bin", **said: bool) -> WriteFile:
    return WriteFile(path=path, upload=upload, offset=offset, content=content, **said)


class TestDirectories:
    def test_directories_come_first_and_all_by_name(self, places: Places, work: Path) -> None:
        for name in ("b.txt", "A.txt", "Zoo/x", "lib/x"):
            (work / name).parent.mkdir(exist_ok=True)
            (work / name).touch()
        (work / "to-src").symlink_to("src")
        (work / "out").symlink_to("/etc/passwd")
        os.mkfifo(work / "pipe")
        listed = [
            (each.name, each.kind.value, each.is_link) for each in list_directory(places, ListDirectory()).entries
        ]
        assert listed == [
            ("lib", "directory", False),
            ("src", "directory", False),
            ("to-src", "directory", True),
            ("Zoo", "directory", False),
            ("A.txt", "file", False),
            ("b.txt", "file", False),
            ("out", "other", True),
            ("pipe", "other", False),
        ]

    def test_it_says_where_it_is_how_large_and_how_old(self, places: Places, work: Path) -> None:
        os.utime(work / "src/main.py", ns=(0, 1_700_000_000_123_456_789))
        found = list_directory(places, ListDirectory(path="src"))
        assert (found.path, found.more, found.is_cut) == (f"{work}/src", False, False)
        assert (found.entries[0].size, found.entries[0].modified_ms) == (15, 1_700_000_000_123)

    def test_a_large_one_is_listed_piece_by_piece(self, places: Places, work: Path) -> None:
        for number in range(MAX_ENTRIES + 2):
            (work / f"src/{number:04}").touch()
        first = list_directory(places, ListDirectory(path="src"))
        rest = list_directory(places, ListDirectory(path="src", skip=MAX_ENTRIES))
        assert (len(first.entries), first.more, rest.more) == (MAX_ENTRIES, True, False)
        assert [each.name for each in (*first.entries, *rest.entries)][-3:] == ["0500", "0501", "main.py"]

    def test_one_that_is_larger_still_says_that_it_is_cut(self, places: Places, work: Path) -> None:
        for number in range(3):
            (work / f"src/{number}").touch()
        assert list_directory(places, ListDirectory(path="src"), max_looked_at=3).is_cut
        assert not list_directory(places, ListDirectory(path="src"), max_looked_at=4).is_cut

    def test_names_that_are_no_text_are_left_out(self, places: Places, work: Path) -> None:
        (work / os.fsdecode(b"caf\xe9")).touch()
        assert [each.name for each in list_directory(places, ListDirectory()).entries] == ["src"]


class TestReading:
    def test_a_piece_says_what_it_is_a_piece_of(self, places: Places, work: Path) -> None:
        found = read_file(places, ReadFile(path="src/main.py", offset=6, length=7))
        assert (found.content, found.offset, found.size, found.is_text) == (b"'hello'", 6, 15, True)
        assert read_file(places, ReadFile(path="src/main.py", offset=99)).content == b""

    def test_another_file_under_the_same_name_is_noticed(self, places: Places, work: Path) -> None:
        version = read_file(places, ReadFile(path="src/main.py")).version
        with (work / "src/main.py").open("ab") as file:
            file.write(b"more")
        assert read_file(places, ReadFile(path="src/main.py", version=version)).size == 19
        (work / "other").write_bytes(b"another")
        (work / "other").rename(work / "src/main.py")
        with pytest.raises(Conflict, match="replaced"):
            read_file(places, ReadFile(path="src/main.py", version=version))

    @pytest.mark.parametrize(
        ("beginning", "expected"),
        [
            (b"", True),
            (b"plain\n", True),
            ("é".encode(), True),
            ("é".encode()[:1], True),
            (b"\xe9t\xe9", False),
            (b"a\0", False),
        ],
    )
    def test_text_is_told_from_what_is_none(self, beginning: bytes, expected: bool) -> None:
        assert is_text(beginning) is expected


class TestUploads:
    def test_a_file_is_there_with_its_last_piece_and_not_before(self, uploading: Uploads, work: Path) -> None:
        assert not uploading.write(piece(b"abc")).is_done
        assert [each.name for each in work.iterdir() if not each.name.startswith(PREFIX)] == ["src"]
        done = uploading.write(piece(b"de", 3, is_last=True))
        assert (done.path, done.size, done.is_done) == (f"{work}/up.bin", 5, True)
        assert ((work / "up.bin").read_bytes(), len(list(work.iterdir()))) == (b"abcde", 2)

    def test_a_piece_that_comes_again_changes_nothing(self, uploading: Uploads, work: Path) -> None:
        pieces = [piece(b"abc"), piece(b"abc"), piece(b"de", 3), piece(b"de", 3), piece(b"", 5, is_last=True)]
        done = [uploading.write(each) for each in (*pieces, pieces[-1], pieces[0])]
        assert [each.is_done for each in done] == [False] * 4 + [True] * 3
        assert ((work / "up.bin").read_bytes(), len(list(work.iterdir()))) == (b"abcde", 2)

    def test_nothing_is_replaced_unless_that_was_asked_for(self, uploading: Uploads, work: Path) -> None:
        (work / "up.bin").write_bytes(b"before")
        (work / "up.bin").chmod(0o750)
        with pytest.raises(Conflict, match="exists already"):
            uploading.write(piece(b"x", is_last=True))
        assert (work / "up.bin").read_bytes() == b"before"
        uploading.write(piece(b"after", is_last=True, overwrite=True))
        assert ((work / "up.bin").read_bytes(), (work / "up.bin").stat().st_mode & 0o777) == (b"after", 0o750)

    def test_of_two_that_become_one_name_at_the_same_time_one_does(self, uploading: Uploads, work: Path) -> None:
        def write(upload: str) -> bool:
            together.wait()
            try:
                return uploading.write(piece(upload.encode(), upload=upload, path=f"up{number}", is_last=True)).is_done
            except Conflict:
                return False

        together = Barrier(2)
        with ThreadPoolExecutor(2) as threads:
            for number in range(100):
                ids = [f"{number:031x}{which}" for which in "12"]
                done = list(threads.map(write, ids))
                assert done.count(True) == 1
                assert (work / f"up{number}").read_text() == ids[done.index(True)]

    def test_two_uploads_of_one_name_do_not_mix(self, uploading: Uploads, work: Path) -> None:
        uploading.write(piece(b"one "))
        uploading.write(piece(b"two ", upload=TWO))
        uploading.write(piece(b"first", 4, is_last=True))
        with pytest.raises(Conflict, match="exists already"):
            uploading.write(piece(b"second", 4, upload=TWO, is_last=True))
        assert (work / "up.bin").read_bytes() == b"one first"

    def test_a_piece_whose_beginning_is_missing_is_refused(self, uploading: Uploads, work: Path) -> None:
        with pytest.raises(Conflict, match="is gone"):
            uploading.write(piece(b"x", 3))
        uploading.write(piece(b"ab"))
        with pytest.raises(Conflict, match="missing before"):
            uploading.write(piece(b"x", 3))

    def test_too_large_a_file_and_one_into_nowhere_is_refused(self, uploading: Uploads) -> None:
        with pytest.raises(InputInvalid, match="MiB"):
            uploading.write(piece(b"x", MAX_UPLOAD_BYTES))
        with pytest.raises(NotFound):
            uploading.write(piece(b"x", path="no/such/directory"))

    def test_what_nobody_went_on_with_is_removed_by_the_next(self, uploading: Uploads, work: Path) -> None:
        uploading.write(piece(b"left"))
        os.utime(work / f"{PREFIX}{ONE}", (0, 0))
        uploading.write(piece(b"x", upload=TWO))
        assert [each.name for each in work.iterdir() if each.name.startswith(PREFIX)] == [f"{PREFIX}{TWO}"]

    def test_a_link_in_the_place_of_the_unfinished_file_is_not_written_through(
        self, uploading: Uploads, work: Path
    ) -> None:
        secret = work.parent / "secret/main.py"
        before = secret.read_bytes()
        (work / f"{PREFIX}{ONE}").symlink_to(secret)
        with pytest.raises(Conflict):
            uploading.write(piece(b"x", is_last=True))
        assert secret.read_bytes() == before
