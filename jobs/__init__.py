"""One module per job. `JOBS` is the index, in the order of the cycle: pull, collect, push, snapshot, report."""

JOBS = {
    "pull_students": "jobs.pull_students:run",
    "pull_results": "jobs.pull_results:run",
    "pull_entries": "jobs.pull_entries:run",
    "collect_proformas": "jobs.collect_proformas:run",
    "push_targets": "jobs.push_targets:run",
    "confirm_targets": "jobs.confirm_targets:run",
    "check_drift": "jobs.check_drift:run",
    "write_lists": "jobs.write_lists:run",
    "take_snapshots": "jobs.take_snapshots:run",
    "remind_tutors": "jobs.remind_tutors:run",
    "report_compliance": "jobs.report_compliance:run",
    "check_readiness": "jobs.check_readiness:run",
    "send_messages": "jobs.send_messages:run",
    "daily_digest": "jobs.daily_digest:run",
    "retention": "jobs.retention:run",
    "backup": "jobs.backup:run",
}
