"""Taking over what a dead worker left behind, and tidying the queue's own tables."""

from datetime import timedelta

import sqlalchemy as sa
from dbos import DBOSClient

from kit.clock import Clock
from kit.db import Database
from kit.jobs.failures import put_aside
from kit.jobs.models import JobDeath
from kit.jobs.queue import QUEUE
from kit.jobs.trials import DEATHS, count_deaths

# Finished jobs, and with them the keys that keep a job from being done twice, are forgotten after this time.
KEEP = timedelta(days=30)
BATCH = 500


class Adoption:
    """Puts the interrupted jobs of a dead worker back on the queue, or aside when they kill workers."""

    def __init__(self, database: Database, client: DBOSClient, clock: Clock) -> None:
        self._database = database
        self._client = client
        self._clock = clock

    def left_behind(self, worker: str) -> list[str]:
        """The ids of jobs that a worker has begun and not ended."""
        found = self._client.list_workflows(status="PENDING", executor_id=worker, load_input=False, load_output=False)
        return [job.workflow_id for job in found]

    def adopt(self, dead: str) -> None:
        """Takes over from a worker that was claimed by `Watch.claim_dead`: one of us at a time.

        Only jobs that still bear the dead worker's id are touched: a job that was put back before and runs
        elsewhere bears another.
        """
        left = self.left_behind(dead)
        deadly = self._database.run(lambda session: count_deaths(session, self._clock, left))
        for id in left:
            if id in deadly:
                self._give_up(id)
        self.put_back([id for id in left if id not in deadly])

    def put_back(self, ids: list[str]) -> None:
        """Puts interrupted jobs on the queue again; one that has ended meanwhile stays as it is."""
        for id in ids:
            self._client.resume_workflow(id, queue_name=QUEUE)

    def forget_finished(self) -> None:
        """Deletes the queue's rows of jobs that ended long ago."""
        before = self._clock.now() - KEEP
        ended = ["SUCCESS", "ERROR", "CANCELLED"]
        while old := self._client.list_workflows(
            status=ended, completed_before=before.isoformat(), limit=BATCH, load_input=False, load_output=False
        ):
            self._client.delete_workflows([job.workflow_id for job in old])
        with self._database.write() as session:
            session.execute(sa.delete(JobDeath).where(JobDeath.last_at < before))

    def _give_up(self, id: str) -> None:
        found = self._client.list_workflows(workflow_ids=[id], load_output=False)
        name, arguments, _attempt = found[0].input["args"] if found and found[0].input else ("", {}, 0)
        error = f"A worker died {DEATHS} times while it did this job."
        self._database.run(
            lambda session: put_aside(
                session, self._clock, id=id, job=name, arguments=arguments, error=error, attempts=DEATHS
            )
        )
        self._client.cancel_workflow(id)
