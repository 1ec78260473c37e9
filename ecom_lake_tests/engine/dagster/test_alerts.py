"""Alerts in Dagster: the sensor after builds, also failed ones, the jobs, and the schedule of the report."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from ecom_lake.definitions import build_definitions
from ecom_lake.engine.dagster.alerts import FAILED_RUN, TICK, _encoded, _failed_run, _unsent_report
from ecom_lake.engine.dagster.run import run_job
from ecom_lake_tests.builders.alert_shop import SHOP, AlertShop, Mailbox, Receiver, channel, mail_server
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.queued_run import queued_run

REPORT = '[shops.mine.scheduled_report]\nschedule = "0 7 * * 1"\nchannels = ["bosses"]\nattach = ["html"]\n'


@pytest.fixture
def shop(tmp_path: Path, hook: Receiver) -> AlertShop:
    shop = AlertShop(tmp_path / "project", {"TEAM_URL": hook.url})
    shop.configure(channel())
    return shop


def evaluated(
    definitions: dg.Definitions, instance: dg.DagsterInstance, cursor: str | None
) -> tuple[str | None, dg.RunRequest | None]:
    """The cursor after a look of the sensor, and the run that it asks for."""
    with dg.build_sensor_context(instance=instance, cursor=cursor, definitions=definitions) as context:
        data = definitions.resolve_sensor_def("mine_alerts").evaluate_tick(context)
    requests = data.run_requests or []
    return data.cursor, requests[0] if requests else None


def test_a_shop_without_channels_has_neither_sensor_nor_job(built_lake: BuiltLake) -> None:
    repository = build_definitions(built_lake.settings).get_repository_def()
    assert "olist_notify" not in repository.job_names
    assert "olist_alerts" not in {one.name for one in repository.sensor_defs}


def test_the_sensor_asks_once_for_a_failure_and_the_run_sends_it(shop: AlertShop, hook: Receiver) -> None:
    definitions = build_definitions(shop.settings)
    dg.Definitions.validate_loadable(definitions)
    with dg.DagsterInstance.ephemeral() as instance:
        cursor, request = evaluated(definitions, instance, None)
        assert request is None, "nothing has happened"
        shop.fail("The disk is full.")
        cursor, request = evaluated(definitions, instance, cursor)
        assert request and FAILED_RUN not in request.tags
        assert definitions.resolve_job_def("mine_notify").execute_in_process(instance=instance).success
        assert hook.titles == ["[mine] The build failed at gold/rfm: The disk is full."]
        assert evaluated(definitions, instance, cursor)[1] is None
        shop.release()
        assert evaluated(definitions, instance, cursor)[1] is None


def test_a_run_that_died_is_reported_although_the_lake_knows_nothing_of_it(shop: AlertShop, hook: Receiver) -> None:
    definitions = build_definitions(shop.settings)
    with dg.DagsterInstance.ephemeral() as instance:
        died = instance.create_run_for_job(
            definitions.resolve_job_def("mine_all"), tags={"shop": "mine"}, status=dg.DagsterRunStatus.STARTED
        )
        instance.report_run_failed(died)
        _, request = evaluated(definitions, instance, None)
        assert request and died.run_id in request.tags[FAILED_RUN]
        result = definitions.resolve_job_def("mine_notify").execute_in_process(instance=instance, tags=dict(request.tags))
        assert result.success
    assert hook.titles == [f"[mine] The run {died.run_id[:8]} of mine_all failed, and none of its steps recorded why."]


def test_a_run_that_stopped_recording_is_reported(shop: AlertShop, hook: Receiver) -> None:
    """Killed, with nothing that watches its process: Dagster lists it as running for ever."""
    definitions, now = build_definitions(shop.settings), datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(
            definitions.resolve_job_def("mine_all"), tags={"shop": "mine"}, status=dg.DagsterRunStatus.STARTED
        )
        instance.report_engine_event("A step started.", run)
        assert _failed_run(instance, "mine", now + timedelta(hours=5)) is None
        assert _failed_run(instance, "other", now + timedelta(hours=7)) is None
        silent = _failed_run(instance, "mine", now + timedelta(hours=7))
        assert silent and silent.run == run.run_id
        tags = {FAILED_RUN: _encoded(silent)}
        assert definitions.resolve_job_def("mine_notify").execute_in_process(instance=instance, tags=tags).success
    assert hook.titles == [
        f"[mine] The run {run.run_id[:8]} of mine_all has recorded nothing since {silent.at:%Y-%m-%d %H:%M} UTC."
    ]


@dg.asset(key=["mine", "silver", "orders"])
def orders() -> None:
    """A table of the shop."""


SELECTED = dg.Definitions(assets=[orders])
"""Materialized in the UI, or by a backfill: their runs have no tag of a shop."""


def selected_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> dg.DagsterRun:
    job, assets = SELECTED.resolve_implicit_global_asset_job_def(), frozenset(orders.keys)
    if status == dg.DagsterRunStatus.QUEUED:
        return queued_run(instance, job, assets=assets)
    return instance.create_run_for_job(job, status=status, asset_selection=assets)


def test_a_failed_run_of_selected_tables_is_reported(shop: AlertShop, hook: Receiver) -> None:
    definitions, now = build_definitions(shop.settings), datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        run = selected_run(instance, dg.DagsterRunStatus.STARTED)
        assert _failed_run(instance, "mine", now + timedelta(hours=5)) is None
        assert _failed_run(instance, "other", now + timedelta(hours=7)) is None
        silent = _failed_run(instance, "mine", now + timedelta(hours=7))
        assert silent and (silent.run, silent.state) == (run.run_id, "silent")
        instance.report_run_failed(run)
        assert _failed_run(instance, "other", now) is None
        failed = _failed_run(instance, "mine", now)
        assert failed and (failed.run, failed.state) == (run.run_id, "failed")
        tags = {FAILED_RUN: _encoded(failed)}
        assert definitions.resolve_job_def("mine_notify").execute_in_process(instance=instance, tags=tags).success
    assert hook.titles == [f"[mine] The run {run.run_id[:8]} of selected tables failed, and none of its steps recorded why."]


def test_a_queue_that_stands_still_is_reported(shop: AlertShop, hook: Receiver) -> None:
    definitions, now = build_definitions(shop.settings), datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        run = selected_run(instance, dg.DagsterRunStatus.QUEUED)
        assert _failed_run(instance, "mine", now + timedelta(hours=5)) is None
        assert _failed_run(instance, "other", now + timedelta(hours=7)) is None
        waiting = _failed_run(instance, "mine", now + timedelta(hours=7))
        assert waiting and (waiting.run, waiting.state) == (run.run_id, "queued")
        tags = {FAILED_RUN: _encoded(waiting)}
        assert definitions.resolve_job_def("mine_notify").execute_in_process(instance=instance, tags=tags).success
    assert hook.titles == [
        f"[mine] The run {run.run_id[:8]} of selected tables has been queued since {waiting.at:%Y-%m-%d %H:%M} UTC."
    ]


def test_a_queue_that_moves_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The months of a backfill wait for each other for hours."""
    later = datetime.now(UTC) + timedelta(hours=7)
    with dg.DagsterInstance.ephemeral() as instance:
        selected_run(instance, dg.DagsterRunStatus.QUEUED)
        working = selected_run(instance, dg.DagsterRunStatus.STARTED)
        monkeypatch.setattr(time, "time", lambda: (later - timedelta(hours=1)).timestamp())
        instance.report_engine_event("A step started.", working)
        assert _failed_run(instance, "mine", later) is None


def test_a_channel_that_fails_fails_the_run_with_a_sentence_and_no_secret(shop: AlertShop, hook: Receiver) -> None:
    shop.fail("The disk is full.")
    hook.answer = 500
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(shop.settings).resolve_job_def("mine_notify")
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        recorded = "".join(str(record) for record in instance.all_logs(result.run_id))
    assert not result.success
    assert "Channel 'team': the server answered 500. 1 message is sent the next time." in recorded
    assert "s3cret" not in recorded


def test_a_failed_build_is_reported_by_the_next_look(
    fresh_lake: BuiltLake, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real build: every file that arrived is refused, so that nothing is released."""
    monkeypatch.setenv("TEAM_URL", hook.url)
    for file in fresh_lake.landing.iterdir():
        if file.name.startswith("olist_orders"):
            file.write_text("order_id,customer_id\n1,2\n", "utf-8")
    fresh_lake.config.write_text(fresh_lake.config.read_text("utf-8") + channel(), "utf-8")
    lake = BuiltLake(fresh_lake.folder, fresh_lake.truths, environment={"TEAM_URL": hook.url})
    assert not run_job(lake.settings, "olist").succeeded
    job = build_definitions(lake.settings).resolve_job_def("olist_notify")
    assert job.execute_in_process(instance=dg.DagsterInstance.ephemeral()).success
    assert [title.partition(":")[0] for title in hook.titles] == ["[olist] The build was not released"]


def test_the_schedule_sends_the_report_once_for_each_time(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port, dg.DagsterInstance.ephemeral() as instance:
        shop = AlertShop(tmp_path / "project")
        mail = channel("bosses", kind="mail", host="127.0.0.1", port=port, security="none", sender="a@b.de", to=["c@d.de"])
        shop.configure(mail, shop=f'{SHOP}timezone = "Europe/Berlin"\n{REPORT}')
        shop.release()
        definitions = build_definitions(shop.settings)
        schedule = definitions.resolve_schedule_def("mine_report")
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 7 * * 1", "Europe/Berlin")
        with dg.build_schedule_context(instance, scheduled_execution_time=datetime(2026, 3, 9, 6, tzinfo=UTC)) as context:
            [request] = schedule.evaluate_tick(context).run_requests or []
        assert request.run_key == "2026-03-09T06:00:00+00:00"
        for _ in range(2):
            job = definitions.resolve_job_def("mine_report")
            assert job.execute_in_process(instance=instance, tags=dict(request.tags)).success
    assert len(mailbox.mails) == 1


def test_a_report_that_was_not_sent_is_tried_again_in_a_new_run(tmp_path: Path) -> None:
    """Without waiting in its run, which would occupy one of the runs that the machine may have."""
    mailbox, now = Mailbox(), datetime.now(UTC)
    with mail_server(mailbox) as port, dg.DagsterInstance.ephemeral() as instance:
        shop = AlertShop(tmp_path / "project")
        mail = channel("bosses", kind="mail", host="127.0.0.1", port=port, security="none", sender="a@b.de", to=["c@d.de"])
        shop.configure(mail, shop=f"{SHOP}{REPORT}")
        shop.release()
        definitions = build_definitions(shop.settings)
        job, tags = definitions.resolve_job_def("mine_report"), {TICK: now.isoformat()}

        def again() -> dg.RunRequest | None:
            with dg.build_sensor_context(instance=instance, definitions=definitions) as context:
                requests = definitions.resolve_sensor_def("mine_report_again").evaluate_tick(context).run_requests
            return requests[0] if requests else None

        assert again() is None, "no report was planned"
        mailbox.refuse_data = "451 later"
        failed = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
        assert not failed.success and not failed.filter_events(lambda event: event.is_step_up_for_retry)
        assert not job.execute_in_process(instance=instance, raise_on_error=False).success
        request = again()  # the run by hand after it is not the planned one
        assert request and request.tags[TICK] == now.isoformat() and failed.run_id in str(request.run_key)
        assert _unsent_report(instance, "mine_report", now + timedelta(days=1, minutes=1)) is None
        mailbox.refuse_data = ""
        assert job.execute_in_process(instance=instance, tags=dict(request.tags)).success
        assert again() is None and len(mailbox.mails) == 1
        instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
        assert again() is None, "it is being sent"
        assert _unsent_report(instance, "mine_report", now + timedelta(hours=2)), "its process died"
