"""P6 on both databases: two services on one store, a due time each second, and each is run by one of them alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SERVICE = """
import json, sys, threading
from pathlib import Path
from sims_sync.config import Config, JobSection
from sims_sync.outcome import Outcome
from sims_sync.run import run_step
from sims_sync.service import Service, Stop
from sims_sync.store.session import open_store
from tests.sims_sync.builders import make_school

def run(store, config, school, job, options):
    ran.append(options.slot_due.isoformat())
    return run_step(store, school, job, lambda _: Outcome(), options)

ran, base, stop = [], Path(sys.argv[2]), Stop()
store = open_store(sys.argv[1], base)
school = make_school(base, jobs={"pull_students": {"schedule": "* * * * * *"}})
threading.Timer(4, stop.ask).start()
well = Service(store, Config(file=base / "c", schools={school.id: school}), stop=stop, runner=run).serve()
print(json.dumps({"well": well, "ran": ran}))
"""


@pytest.mark.parametrize("address", ["sqlite", "postgresql"], indirect=True)
def test_of_two_services_each_due_time_is_run_by_one(address: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVICE, address, str(tmp_path)]
    root = Path(__file__).parents[3]
    services = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(2)]
    outputs = [service.communicate(timeout=120)[0] for service in services]
    said = [json.loads(output.splitlines()[-1]) for output in outputs]  # after the log lines
    ran = [due for each in said for due in each["ran"]]
    assert [each["well"] for each in said] == [True, True]
    assert ran
    assert len(ran) == len(set(ran))
