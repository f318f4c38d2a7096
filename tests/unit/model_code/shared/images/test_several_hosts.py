from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.faults import RefusedError
from shared.hosts import Hosts
from tests.unit.model_code.memory_s3 import MemoryS3
from tests.unit.model_code.shared.images.preparing import Prepared, run
from tests.unit.model_code.uploads import PREFIX, Upload, clean_files, cub_upload, messy_upload

NAMES = ("algo-1", "algo-2", "algo-3")
WORKSPACE = ("--workspace-uri", "s3://artifacts/shapes/run/workspace", "--exchange-seconds", "60")


def run_on_all(tmp_path: Path, upload: Upload, *arguments: str) -> list[Prepared]:
    s3 = MemoryS3({PREFIX + name: content for name, content in upload.files.items()})

    def on(name: str) -> Prepared:
        return run(tmp_path, upload, *arguments, *WORKSPACE, s3=s3, hosts=Hosts(name, NAMES))

    with ThreadPoolExecutor(len(NAMES)) as pool:
        return list(pool.map(on, NAMES))


@pytest.mark.parametrize("upload", [messy_upload(), cub_upload()], ids=["folders", "cub"])
def test_several_hosts_make_together_what_one_makes_alone(upload: Upload, tmp_path: Path) -> None:
    layout = "cub-200-2011" if any("images.txt" in name for name in upload.files) else "folders"
    arguments = ("--layout", layout, "--min-images-per-class", "5")
    alone = run(tmp_path, upload, *arguments)
    shares = run_on_all(tmp_path, upload, *arguments)
    for name, keys in alone.keys().items():
        parts = [share.keys()[name] for share in shares]
        assert set.union(*parts) == keys
        assert sum(map(len, parts)) == len(keys)
        assert all(share.json(f"{name}/classes.json") for share in shares)
    first, *others = shares
    assert first.report == {**alone.report, "hosts": 3}
    assert first.json("report/baseline.json") == alone.json("report/baseline.json")
    assert not any((share.folder / "report").exists() for share in others)
    assert not any((share.folder / "samples").exists() for share in others)


def test_each_host_keeps_its_own_bad_files_and_the_first_names_all(tmp_path: Path) -> None:
    upload = messy_upload()
    alone = run(tmp_path, upload)
    first, *others = run_on_all(tmp_path, upload)
    report = first.json("quarantine/quarantine.json")
    assert report == alone.json("quarantine/quarantine.json")
    assert not any((share.folder / "quarantine" / "quarantine.json").exists() for share in others)
    for entry in report["files"]:
        kept = [share.folder / "quarantine" / entry["file"] for share in (first, *others)]
        (content,) = (path.read_bytes() for path in kept if path.is_file())
        assert content == upload.files[entry["key"].removeprefix(PREFIX)]


def test_shards_of_several_hosts_have_different_names(tmp_path: Path) -> None:
    shares = run_on_all(tmp_path, Upload(clean_files(20)))
    names = [path.name for share in shares for path in (share.folder / "train").glob("*.tar")]
    assert sorted(names) == [f"part-{host}-00000-of-00001.tar" for host in NAMES]


def test_all_hosts_refuse_the_same_upload_with_the_same_words(tmp_path: Path) -> None:
    upload = Upload(clean_files(20, ("only one",)))
    s3 = MemoryS3({PREFIX + name: content for name, content in upload.files.items()})

    def told(name: str) -> str:
        with pytest.raises(RefusedError) as refused:
            run(tmp_path, upload, *WORKSPACE, s3=s3, hosts=Hosts(name, NAMES))
        return str(refused.value)

    with ThreadPoolExecutor(len(NAMES)) as pool:
        texts = set(pool.map(told, NAMES))
    assert len(texts) == 1
    assert "a classifier needs 2 or more" in texts.pop()


def test_several_hosts_without_a_place_to_meet_are_refused(tmp_path: Path) -> None:
    upload = Upload(clean_files(20))
    s3 = MemoryS3({PREFIX + name: content for name, content in upload.files.items()})
    with pytest.raises(RefusedError, match="--workspace-uri: 'none' is not allowed"):
        run(tmp_path, upload, s3=s3, hosts=Hosts("algo-1", NAMES))
