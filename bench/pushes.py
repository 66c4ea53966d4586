"""What does a push take: ours, and the least that any program must do? Both against a server in a process of its own.

`server.txt` in the folder holds its address. Ours are the jobs `push_targets` and `confirm_targets`, through `run_job`
as every command runs them. The bare loop has four threads with a `requests.Session` each: the same PUTs, and then a
GET for each text with the question that ours looks with before each write. It checks that each answer is good and
that each text is there; it keeps no record, and would write over what a teacher typed.
"""

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import requests

from bench.place import BenchFault
from bench.push_school import PUTS_FILE, SCHOOL
from sims_sync.config_file import load_config
from sims_sync.demo.oneroster_server import CLIENT_ID, CLIENT_SECRET, TOKEN_PATH
from sims_sync.outcome import Ending
from sims_sync.registry import job_function
from sims_sync.run import RunReport, run_job
from sims_sync.store.session import Store, open_store

SERVER_FILE = "server.txt"
PARTS_FILE = "parts.json"
THREADS = 4
RESULTS = "/ims/oneroster/gradebook/v1p2/assessmentResults"
ANSWER_SECONDS = 30


def ours(folder: Path, size: int) -> float:
    """Seconds of both jobs, until the store is closed; each one's own are in `parts.json`."""
    config = load_config(folder / SCHOOL / "config.toml")
    school = config.schools["demo"]
    store: Store = open_store(config.store.url, config.base)
    for job in ("push_targets", "confirm_targets"):
        job_function(job)
    parts: dict[str, float] = {}
    began = perf_counter()
    for job in ("push_targets", "confirm_targets"):
        start = perf_counter()
        report = run_job(store, config, school, job)
        parts[job] = perf_counter() - start
        _judge(report)
    store.close()
    seconds = perf_counter() - began
    if report.outcome.counts.get("changed") != size:
        raise BenchFault(f"{report.outcome.counts} where {size:,} texts were to be confirmed.")
    (folder / PARTS_FILE).write_text(json.dumps(parts), encoding="utf-8")
    return seconds


def bare(folder: Path, size: int) -> float:
    """Seconds of the PUTs and of the questions."""
    url = (folder / SERVER_FILE).read_text(encoding="utf-8")
    with (folder / PUTS_FILE).open(encoding="utf-8") as file:
        puts = [json.loads(line) for line in file]
    if len(puts) != size:
        raise BenchFault(f"{len(puts):,} of {size:,} texts are there: this measures nothing.")
    began = perf_counter()
    header = {"Authorization": f"Bearer {_key(url)}"}
    put, ask = _asking(url, header)
    with ThreadPoolExecutor(THREADS) as pool:
        for work in (put, ask):
            if not all(pool.map(work, puts)):
                raise BenchFault("A text is not there.")
    return perf_counter() - began


def _asking(
    url: str, header: Mapping[str, str]
) -> tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], bool]]:
    mine = threading.local()

    def session() -> requests.Session:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.headers.update(header)
            mine.session.trust_env = False
        return mine.session  # type: ignore[no-any-return]  # a thread's own attribute has no type

    def put(line: Mapping[str, Any]) -> bool:
        address = f"{url}{RESULTS}/{line['sourcedId']}"
        return session().put(address, json=line["body"], timeout=ANSWER_SECONDS).ok

    def ask(line: Mapping[str, Any]) -> bool:
        query = {"filter": line["filter"], "limit": "100", "offset": "0"}
        found = session().get(f"{url}{RESULTS}", params=query, timeout=ANSWER_SECONDS)
        return [each["textScore"] for each in found.json()["assessmentResults"]] == [line["text"]]

    return put, ask


def _key(url: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    answer = requests.post(f"{url}{TOKEN_PATH}", data=form, timeout=ANSWER_SECONDS)
    return str(answer.json()["access_token"])


def _judge(report: RunReport) -> None:
    if report.outcome.ending is not Ending.DONE:
        sentences = " ".join(str(problem) for problem in report.outcome.problems)
        raise BenchFault(f"{report.job} ended as {report.outcome.ending.value}. {sentences}")
