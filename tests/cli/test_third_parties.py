"""doctor looks at folders and servers of third parties, and says how to mend what it finds."""

from pathlib import Path

from tests.cli.conftest import CONFIG, Ask
from tests.support.sftp_server import PASSWORD, USER, sftp_server

ACME = """
[[threepl]]
name = "acme"
places = {{ "EAST" = "Boston" }}
folder = "drops"
sftp = "sftp://{user}@127.0.0.1:{port}/outbound"
sftp_known_hosts = "known_hosts"
sftp_password = "env:ACME_PASSWORD"
"""


def test_doctor_says_whether_files_of_third_parties_can_be_had(ask: Ask, folder: Path) -> None:
    with sftp_server(folder) as server:
        (folder / "onhand.toml").write_text(CONFIG + ACME.format(user=USER, port=server.port))
        (server.root / "outbound" / "count.csv").write_text("sku,on_hand\n")
        checks = {row["name"]: row for row in ask("doctor", "--json", env={"ACME_PASSWORD": PASSWORD}).document}
        assert (checks["folder of acme"]["status"], checks["server of acme"]["status"]) == ("fail", "ok")
        assert "1 files lie there" in checks["server of acme"]["why"]
        (folder / "drops").mkdir()
        server.known_hosts.write_text("")
        checks = {row["name"]: row for row in ask("doctor", "--json", env={"ACME_PASSWORD": PASSWORD}).document}
    assert (checks["folder of acme"]["status"], checks["server of acme"]["status"]) == ("ok", "fail")
    assert "shows the host key SHA256:" in checks["server of acme"]["why"]


def test_doctor_says_that_a_server_is_away(ask: Ask, folder: Path) -> None:
    with sftp_server(folder) as server:
        port = server.port
    (folder / "onhand.toml").write_text(CONFIG + ACME.format(user=USER, port=port))
    answer = ask("doctor", "--json", env={"ACME_PASSWORD": "canary"})
    checks = {row["name"]: row for row in answer.document}
    assert checks["server of acme"]["status"] == "warn"
    assert "cannot be reached" in checks["server of acme"]["why"]
    assert "canary" not in answer.out + answer.err
