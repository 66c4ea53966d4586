"""Pulling tutor groups: their house and year, and who tutors them from when to when."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from sims_sync.plan import Plan
from sims_sync.pull.reading import Ground, MappedRead, Wanted, When
from sims_sync.records import RegistrationGroup, TutorGroup, TutorPost
from sims_sync.store.staff import apply_groups, load_groups, reconcile_roles

ORIGIN = "tutor_groups"


class TutorGroupPull:
    """The kind `tutor_groups`."""

    def wanted(self, connection: Connection, ground: Ground, read: MappedRead, when: When) -> Wanted:
        """Each group once, with all its tutors, by name."""
        del connection, ground, when
        groups: dict[str, RegistrationGroup] = {}
        for _, row in read.records:
            groups[row.name] = _with_row(groups.get(row.name), row)
        return Wanted(groups)

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, RegistrationGroup]:
        """Every known group by name."""
        del read
        return load_groups(connection, ground.school_id)

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Groups, their houses, and the tutors' roles; an absent group keeps its tutors until it is known gone."""
        del read
        apply_groups(connection, ground.school_id, plan.changes, ground.run_id)
        absent = {*plan.missing, *plan.still_missing}
        kept = [group for name, group in load_groups(connection, ground.school_id).items() if name in absent]
        reconcile_roles(
            connection,
            ground.school_id,
            ORIGIN,
            {
                (post.tutor, post.role.value, group.name): (post.first, post.last)
                for group in (*wanted.records.values(), *kept)
                for post in group.posts
            },
            default_first=when.year_start if when.first_read else when.read_on,
            read_on=when.read_on,
            run_id=ground.run_id,
        )
        return ()


def _with_row(known: RegistrationGroup | None, row: TutorGroup) -> RegistrationGroup:
    group = known or RegistrationGroup(row.name, row.nc_year, row.house)
    if not row.tutor:
        return group
    post = TutorPost(row.tutor, row.tutor_role, row.tutor_from, row.tutor_to)
    return group if post in group.posts else replace(group, posts=(*group.posts, post))
