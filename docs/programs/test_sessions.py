from sessionload import StartSession


def test_two_users_have_two_sessions(start_session: StartSession) -> None:
    mine, other = start_session("qa-1"), start_session("qa-2")
    assert mine.session_key != other.session_key
    assert mine.duration_s < 2
