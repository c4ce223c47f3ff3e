"""wrk's report is read right, and a load that went wrong is no result."""

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.load import ensure_installed, parse

REPORT = """Running 10s test @ http://127.0.0.1:8005
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     7.31ms    3.02ms  91.11ms   88.17%
    Req/Sec     2.20k   211.36     2.61k    71.00%
  Latency Distribution
     50%  950.00us
     75%    8.10ms
     90%   10.42ms
     99%    1.25s
  21932 requests in 10.01s, 9.71MB read
Requests/sec:   2191.01
Transfer/sec:      0.97MB
"""


def test_it_reads_requests_seconds_and_percentiles_in_milliseconds():
    load = parse(REPORT)
    assert (load.requests, load.seconds, load.failed) == (21932, 10.01, 0)
    assert load.latency_ms == pytest.approx({50: 0.95, 75: 8.1, 90: 10.42, 99: 1250.0})
    assert load.rate == pytest.approx(2191.0, abs=0.1)


def test_it_reads_a_duration_in_minutes():
    assert parse(REPORT.replace("10.01s", "1.50m")).seconds == 90


def test_answers_that_were_no_success_do_not_count_for_the_rate():
    load = parse(REPORT.replace("Requests/sec", "  Non-2xx or 3xx responses: 1932\nRequests/sec"))
    assert load.failed == 1932
    assert load.rate == pytest.approx(20_000 / 10.01)


def test_broken_connections_are_no_result():
    report = REPORT.replace("Requests/sec", "  Socket errors: connect 0, read 3, write 0, timeout 1\nRequests/sec")
    with pytest.raises(BenchmarkError, match="read 3, write 0, timeout 1"):
        parse(report)


def test_socket_errors_of_zero_are_none():
    report = REPORT.replace("Requests/sec", "  Socket errors: connect 0, read 0, write 0, timeout 0\nRequests/sec")
    assert parse(report).requests == 21932


def test_what_is_no_report_is_refused():
    with pytest.raises(BenchmarkError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1 Connection refused")


def test_a_missing_wrk_is_told_with_where_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BenchmarkError, match="apt install wrk"):
        ensure_installed()
