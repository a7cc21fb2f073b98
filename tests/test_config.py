"""pym-config.yaml, the environment and secrets."""

from __future__ import annotations

import copy
import hmac
import json
import logging
import math
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from cures import same
from hypothesis import example, given
from hypothesis import strategies as st

from pymacaron import config as room
from pymacaron.config import (
    SETTINGS,
    Config,
    Secret,
    Setting,
    get_config,
    load_config,
    redact,
    reveal,
    set_base,
    set_config,
)
from pymacaron.config.kinds import nearest
from pymacaron.config.reading import words_in
from pymacaron.config.secret import STARS
from pymacaron.config.settings import ALIASES
from pymacaron.documents.yaml_core import parse_yaml
from pymacaron.exceptions import ConfigurationError

FEW = "name: shop\nlive_host: shop.example.com\n"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has an empty working folder, no configuration yet, and its own log records."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room, "_base", str(tmp_path))
    for name in ("PYM_CONFIG", "PYM_ENV"):
        monkeypatch.delenv(name, raising=False)
    make = logging.getLogRecordFactory()
    set_config(None)
    yield
    set_config(None)
    logging.setLogRecordFactory(make)


def read(text: str, environment: Mapping[str, str] | None = None, *, strict: bool = True) -> Config:
    Path("given.yaml").write_text(FEW + text, "utf-8")
    return load_config("given.yaml", environment or {}, strict=strict)


def findings(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(text, environment)
    return [str(finding) for finding in caught.value.findings]


# Where the file is looked for


def test_first_place_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """$PYM_CONFIG, a file or a folder, goes before the folder of the entry point, that before the working folder."""
    for folder in ("named", "entry", "work"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pym-config.yaml").write_text(f"name: {folder}\nlive_host: h\n")
    monkeypatch.chdir("work")
    assert load_config(environment={"PYM_CONFIG": "../named"}).name == "named"
    assert load_config(environment={"PYM_CONFIG": "../named/pym-config.yaml"}).name == "named"
    set_base(str(tmp_path / "entry"))
    assert load_config(environment={}).name == "entry"
    set_base(str(tmp_path))
    assert load_config(environment={}).name == "work"


def test_beside_the_program(tmp_path: Path) -> None:
    """Without a word from anyone, the file beside the program that Python runs is found, links followed."""
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "pym-config.yaml").write_text(FEW)
    (tmp_path / "service" / "server.py").write_text("from pymacaron.config import *\nprint(get_config().name)")
    (tmp_path / "link.py").symlink_to(tmp_path / "service" / "server.py")
    for program in ("service/server.py", "link.py"):
        assert subprocess.check_output([sys.executable, program], text=True) == "shop\n"


def test_stage() -> None:
    """With PYM_ENV, the file of that stage is read instead of the plain one, and the plain one where there is none."""
    Path("pym-config.yaml").write_text("name: plain\nlive_host: h\nonly_here: 1\n")
    Path("pym-config.live.yaml").write_text("name: live\nlive_host: h\n")
    assert load_config(environment={}).name == "plain"
    assert load_config(environment={"PYM_ENV": "test"}).name == "plain"
    live = load_config(environment={"PYM_ENV": "live"})
    assert (live.name, "only_here" in live) == ("live", False)
    assert live.config_file is not None
    assert live.config_file.endswith("/pym-config.live.yaml")


def test_named_but_not_there() -> None:
    """A place that is named and leads nowhere stops the start."""
    for environment in ({"PYM_CONFIG": "nowhere"}, {"PYM_CONFIG": "."}):
        with pytest.raises(ConfigurationError, match=r"PYM_CONFIG.*neither a file.*pym-config\.yaml"):
            load_config(environment=environment)
    with pytest.raises(ConfigurationError, match="nowhere"):
        load_config("nowhere", {})


def test_no_file(caplog: pytest.LogCaptureFixture) -> None:
    """Without a file every setting has its default, and the log says so, once."""
    for _ in range(3):
        assert get_config().report_call_exceeding_ms == 1000
    assert get_config().name is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "pym-config.yaml" in caplog.text


def test_read_once() -> None:
    """All threads get one and the same configuration, read once."""
    Path("pym-config.yaml").write_text(FEW)
    found: list[Config] = []
    threads = [threading.Thread(target=lambda: found.append(get_config())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1
    Path("pym-config.yaml").write_text("name: other\nlive_host: h\n")
    assert get_config().name == "shop"


def test_log_handler_may_ask(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever handles log records may ask for the configuration, also while its own warnings are logged."""
    names: list[str | None] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            names.append(get_config().name)

    logging.getLogger().addHandler(handler := Handler())
    try:
        get_config()
    finally:
        logging.getLogger().removeHandler(handler)
    assert names == [None]


# What Config is


def annotation_of(setting: Setting) -> str:
    """The type of a setting's value, as its default has it; a text without one."""
    kind = "str" if setting.default is None else type(setting.default).__name__
    return ("Secret" if setting.secret else kind) + " | None" * (setting.default is None)


def test_settings_and_types_agree() -> None:
    """Config declares every setting, and nothing else, with the type of its default, for checkers and editors."""
    declared = {name: re.findall(r"\w+", text) for name, text in Config.__annotations__.items()}
    lines = [f"    {name}: {annotation_of(one)}" for name, one in SETTINGS.items() if name not in declared]
    cure = "\n".join(["write in Config, for example", *lines])
    own = {"config_file", "config_findings"}
    same("src/pymacaron/config/__init__.py", declared.keys() - own, {*SETTINGS, *ALIASES}, cure)
    for setting in SETTINGS.values():
        value = getattr(Config(), setting.name)
        assert ("None" if value is None else type(value).__name__) in declared[setting.name]
        assert ("Secret" in declared[setting.name]) == setting.secret


def test_defaults_are_valid() -> None:
    """Every default is a value that the setting may have, and changing one configuration leaves the next alone."""
    for setting in SETTINGS.values():
        assert setting.default is None or setting.kind.read(setting.default) == setting.default
    Config().env_secrets.append("X")
    assert Config().env_secrets == []


def test_unknown_keys_are_kept() -> None:
    """A key of the users' own reads as it was written, as an attribute and by index, nested values included."""
    config = read("mine: {a: [1, x], on: off}\nother-name: 2.5\nself: me\n")
    assert config.mine == {"a": [1, "x"], "on": "off"}
    assert config["other-name"] == 2.5
    assert config.get("self") == "me"
    assert "mine" in config
    assert dict(config)["mine"] is config.mine


def test_missing_key() -> None:
    """A key that is neither known nor set is an AttributeError that names the nearest; `get` and `in` do without."""
    config = Config(my_key=1)
    with pytest.raises(AttributeError, match="did you mean 'jwt_secret'"):
        _ = config.jwt_secert
    with pytest.raises(AttributeError, match="did you mean 'my_key'"):
        _ = config.my_kee
    with pytest.raises(AttributeError, match=r"add it to pym-config\.yaml"):
        _ = config.zzz
    with pytest.raises(KeyError):
        _ = config["jwt_secret"]
    assert config.get("zzz", 3) == config.get("jwt_secret", 3) == 3
    assert "jwt_secret" not in config
    assert not hasattr(config, "zzz")


def test_set_in_code() -> None:
    """A value set in code counts at once, is checked like one from the file, and goes away with `del`."""
    config = get_config()
    config.max_body = "2KiB"  # type: ignore[assignment]  # as users write it
    config.whatever = 5
    config.jwt_secret = "very secret"  # type: ignore[assignment]
    assert (get_config().max_body, get_config().whatever) == (2048, 5)
    assert isinstance(config.jwt_secret, Secret)
    with pytest.raises(ConfigurationError, match=r"get_config\(\)\.max_body: .*such as 16MB"):
        config.max_body = "a lot"  # type: ignore[assignment]
    del config.max_body, config.whatever
    assert config.max_body == 16_000_000
    assert not hasattr(config, "whatever")


def test_two_names_of_the_region() -> None:
    """aws_region and aws_default_region are one setting; saying two things is a finding."""
    assert read("aws_default_region: eu-central-1").aws_region == "eu-central-1"
    assert read("aws_region: eu-central-1").aws_default_region == "eu-central-1"
    assert read("aws_region: a\naws_default_region: a").get("aws_default_region") == "a"
    assert len(findings("aws_region: a\naws_default_region: b")) == 1


def test_copy() -> None:
    """A copy of a configuration is a configuration, on its own."""
    config = read("mine: 1")
    other = copy.copy(config)
    other.mine = 2
    assert (config.mine, other.config_file) == (1, config.config_file)


# What the file may say


def test_core_schema() -> None:
    """Unquoted scalars have the types of YAML 1.2's core schema; quoted ones are text."""
    text = "a: [no, 2020-01-01, 012, 0o14, 0x1F, 1e3, -.5, ~, null, True, '1', !!str 1, 1:20, +1, '', .inf]"
    assert read(text).a == [
        "no",
        "2020-01-01",
        12,
        12,
        31,
        1000.0,
        -0.5,
        None,
        None,
        True,
        "1",
        "1",
        "1:20",
        1,
        "",
        math.inf,
    ]


TEXTS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    )
)
def test_json_means_itself(value: Any) -> None:
    """Whatever JSON a key of the users' own holds is what the program reads."""
    assert read(f"mine: {json.dumps(value, ensure_ascii=False)}\n").mine == value


_words = st.from_regex(r"[A-Za-z~][\w./-]{0,6}", fullmatch=True) | st.sampled_from(
    ["null", "True", "FALSE", "no", "1e3"]
)
_lines = st.builds("{}: {}".format, _words, _words) | st.sampled_from(["# why: not", "", "name: a # b", "a: b: c"])


@given(lines=st.lists(_lines, max_size=5), end=st.sampled_from(["", "\n", "\n\n"]))
@example(lines=["name: shop", "name: shop"], end="")
@example(lines=["a: null", "null: a"], end="")
def test_words_are_what_yaml_says(lines: list[str], end: str) -> None:
    """Files that are read without the YAML library hold what it reads there."""
    text = "\n".join(lines) + end
    words = words_in(text)
    if words:
        assert parse_yaml(text).value == words


def test_words_need_no_yaml() -> None:
    """A service whose file has one word for each key starts without the YAML library; one with a secret does not."""
    Path("pym-config.yaml").write_text("# ours\nname: shop\nlive_host: shop.example.com\n")
    read = "import sys; from pymacaron.config import load_config; assert load_config().name == 'shop'; "
    subprocess.run([sys.executable, "-c", f"{read}assert 'yaml' not in sys.modules"], check=True)
    assert words_in("name: shop\njwt_secret: abc\n") is None


def test_everything_at_once() -> None:
    """All that is wrong is told in one error, in the order of the file, each with place, key, fact and cure."""
    text = (
        "report_call_exceeding_ms: soon\nstrict_query: yes\nvalidate_responses: enfroce\nmax_body: {}\n"
        "jwt_secret: NOT_THERE\nenv_secrets: A\naws_user: 12\nlog_level: loud\nname: again\nkeys: 1\n"
    )
    expected = """\
        given.yaml:3:27: report_call_exceeding_ms: has to be a whole number, 0 or more, not this text; \
write digits only, without quotes
        given.yaml:4:15: strict_query: has to be true or false, not this text; write true
        given.yaml:5:21: validate_responses: has to be one of off, sample, report, enforce, not this text; \
did you mean 'enforce'?
        given.yaml:6:11: max_body: has to be a number of bytes, or text such as 16MB or 512KiB, not a mapping; \
write for example 16MB
        given.yaml:7:13: jwt_secret: the environment variable NOT_THERE is not set; \
set it, as in 'export NOT_THERE=...', or do not write the value in capitals only
        given.yaml:8:14: env_secrets: has to be a list of texts, not this text; \
write each on a line of its own, after a dash and a blank
        given.yaml:9:11: aws_user: has to be text, not this number; put quotes around it
        given.yaml:10:12: log_level: has to be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not this text; \
write for example DEBUG
        given.yaml:11:1: name: is written twice; remove one of the two
        given.yaml:12:1: keys: is a reserved name; choose another"""
    assert findings(text) == [line.strip() for line in expected.splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "trusted_hosts: ['[::1]']", "trusted_hosts: ['https://a.example']", "metrics_port: 65536",
        "security_headers: {X Y: a}", r'security_headers: {X: "a\r\nSet-Cookie: b"}', "security_headers: {X: '€'}",
    ],
)  # fmt: skip
def test_what_no_server_takes(text: str) -> None:
    """What could not be sent, compared or listened on is told when the file is read, not to every caller."""
    assert len(findings(text)) == 1


def test_mandatory_keys() -> None:
    """A file has to say the name and the live host; a file that says nothing at all lacks both."""
    Path("pym-config.yaml").write_text("# nothing yet\n")
    with pytest.raises(ConfigurationError) as caught:
        load_config(environment={})
    assert [finding.place for finding in caught.value.findings] == ["pym-config.yaml:1:1"] * 2
    assert "name is missing" in str(caught.value)
    assert "live_host is missing" in str(caught.value)
    Path("pym-config.yaml").write_text("name: shop\nliv_host: x\n")
    with pytest.raises(ConfigurationError, match="live_host is missing; is 'liv_host' a misspelling"):
        load_config(environment={})


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"name: shop\n\tlive_host: x\n", "pym-config.yaml:2:1"),
        (b"name: 'shop\n", "pym-config.yaml:1:7"),
        (b"name: a\n---\nname: b\n", "pym-config.yaml:2:1"),
        (b"name: \xff\n", "pym-config.yaml:1:7"),
        (b"name: \x01\n", "pym-config.yaml:1:7"),
        (b"- name\n", "pym-config.yaml:1:1"),
        (b"? [x]\n: 1\n", "pym-config.yaml:1:3"),
        (b"name: " + b"[" * 100_000, "pym-config.yaml:1:206"),
    ],
    ids=["tab", "quote", "two", "latin", "control", "list", "key", "deep"],
)
def test_not_a_configuration(content: bytes, place: str) -> None:
    """A file that is no YAML mapping is one finding with its place, never another exception."""
    Path("pym-config.yaml").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_config(environment={})
    assert [finding.place for finding in caught.value.findings] == [place]


def test_unreadable() -> None:
    """An alias that contains itself is a finding, not a recursion; a mark of the byte order is skipped."""
    assert findings("a: &x [*x]") == [
        "given.yaml:3:8: *x is inside &x: a value cannot contain itself; remove the alias"
    ]
    Path("pym-config.yaml").write_text("\ufeff" + FEW, "utf-8")
    assert load_config(environment={}).name == "shop"


def test_aliases_of_aliases() -> None:
    """Aliases that stand for more than anyone means are one finding, in no time."""
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    (found,) = findings("\n".join(lines))
    assert "aliases expand to more than 1,000,000 values; write fewer of them" in found


def test_what_is_not_replaced(caplog: pytest.LogCaptureFixture) -> None:
    """A name under `env_secrets` that no value is, and a value as a shell would replace it, are warned of, with places
    and cures; the latter stays as it is."""
    config = read(
        "env_secrets: [USED, IDLE]\na: [USED]\nb: {c: '${USED}'}\nd: x-${HOST}-y\ne: $HOST\nf: $5", {"USED": "1"}
    )
    assert (config.b["c"], config.d, config.e) == ("${USED}", "x-${HOST}-y", "$HOST")
    said = (
        "5:8: b.c: ${USED} is not replaced by the variable; list USED under env_secrets and write USED",
        "6:4: d: ${HOST} is not replaced by the variable; list HOST under env_secrets and write HOST, with",
        "7:4: e: $HOST is not replaced by the variable; list HOST under env_secrets and write HOST",
        "3:21: env_secrets.1: no setting uses IDLE, so it is not read; write the name as the value of a setting",
    )
    assert len(caplog.messages) == len(said)
    assert all(message.startswith(f"given.yaml:{one}") for message, one in zip(caplog.messages, said, strict=True))


@given(st.binary(max_size=60))
@example(b"env_secrets: [[1], {}]\njwt_: [A_B]")
def test_any_bytes(content: bytes) -> None:
    """Whatever the file holds, reading it gives a configuration or findings."""
    Path("any.yaml").write_bytes(content)
    for written in (content, FEW.encode() + content):
        Path("any.yaml").write_bytes(written)
        load_config("any.yaml", {}, strict=False)


def test_near_misses_are_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    """A key that is nearly a known one is kept, and warned about with its place; others are not."""
    config = read("jwt-secret: abcdef\nstrict_querry: true\ncolour: red\n")
    assert config.strict_querry is True
    assert config["jwt-secret"] == "abcdef"
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "given.yaml:3:1: no setting is called 'jwt-secret', it is kept as your own",
        "given.yaml:4:1: no setting is called 'strict_querry', it is kept as your own",
    ]


@given(st.sampled_from(sorted(SETTINGS)), st.data())
def test_one_slip_is_near(name: str, data: st.DataObject) -> None:
    """Leaving out, doubling or swapping one letter in the middle of a setting's name is recognised."""
    at = data.draw(st.integers(1, max(1, len(name) - 2)))
    slips = {
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
    }
    for slip in slips - {*SETTINGS}:
        near = nearest(slip, SETTINGS)
        assert near is not None or len(name) <= 5, (slip, name)


@given(
    st.integers(0, 10**6), st.sampled_from(["", "B", "kB", "MB", "gb", "KiB", "MiB", "GiB"]), st.sampled_from(["", " "])
)
def test_sizes(number: int, unit: str, blank: str) -> None:
    """A size is a number of bytes with a unit: kB, MB, GB count in thousands, KiB, MiB, GiB in 1024s."""
    factor = {"": 1, "b": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}
    expected = number * factor[unit.lower().removesuffix("b")]
    assert Config(max_body=f"{number}{blank if unit else ''}{unit}").max_body == expected


# Secrets

KEYS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_env_secrets_fill_in(value: str) -> None:
    """A value that is a name listed in env_secrets becomes that variable's value, at any depth; other values stay."""
    text = "env_secrets: [MY_KEY]\na: MY_KEY\nb: {c: [MY_KEY, OTHER_KEY]}\nd: x MY_KEY\naws_secret_access_key: MY_KEY\n"
    config = read(text, {"MY_KEY": value, "OTHER_KEY": "o"})
    assert config.a == config.b["c"][0] == config.aws_secret_access_key == value
    assert all(isinstance(secret, Secret) for secret in (config.a, config.b["c"][0], config.aws_secret_access_key))
    assert (config.b["c"][1], config.d, config.env_secrets) == ("OTHER_KEY", "x MY_KEY", ["MY_KEY"])


def test_missing_secret() -> None:
    """A variable that is not set, or empty, is a finding that names it; tools read the rest all the same."""
    text = "env_secrets: [MY_KEY, UNUSED]\nmine: [MY_KEY]\nmax_body: 5\n"
    for environment in ({}, {"MY_KEY": ""}):
        assert findings(text, environment) == [
            "given.yaml:4:8: mine.0: the environment variable MY_KEY is not set; set it, as in 'export MY_KEY=...'"
        ]
    config = read(text, strict=False)
    assert (config.mine, config.max_body) == ([None], 5)
    assert len(config.config_findings) == 1


def test_jwt_keys_name_variables() -> None:
    """A jwt_ value that names a variable which is set is replaced, listed or not; one that only looks so is a fault."""
    environment = {"THE_SECRET": "s3cr3t-value", "LEEWAY": "30", "AUD": "x", "ALGORITHM": "ES256"}
    text = (
        "jwt_secret: THE_SECRET\njwt_leeway: LEEWAY\njwt_audience: [AUD, b]\njwt_algorithm: ALGORITHM\njwt_issuer: me\n"
    )
    config = read(text, environment)
    assert config.jwt_secret == "s3cr3t-value"
    assert isinstance(config.jwt_secret, Secret)
    assert (config.jwt_leeway, config.jwt_audience, config.jwt_algorithm) == (30, ["x", "b"], "ES256")
    assert config.jwt_issuer == "me"
    assert not isinstance(config.jwt_issuer, Secret)
    assert read("jwt_algorithm: HS256").jwt_algorithm == "HS256"
    assert len(findings(text)) == 4
    assert read("other: THE_SECRET", environment).other == "THE_SECRET"


def test_secret_numbers() -> None:
    """A setting that is no text takes what the variable says as YAML would, and is checked as well."""
    text = "env_secrets: [N]\njwt_leeway: N\nwith_async: N\n"
    assert read("env_secrets: [N]\njwt_leeway: N\n", {"N": "7"}).jwt_leeway == 7
    assert len(findings(text, {"N": "secret-7"})) == 2
    assert "secret-7" not in "".join(findings(text, {"N": "secret-7"}))


@given(KEYS)
def test_secrets_show_as_stars(value: str) -> None:
    """No print, format, dump or pickle of a secret, or of what holds it, shows its value."""
    secret = Secret(value)
    config = Config(jwt_secret=value, mine={"deep": [secret]}, my_password=value)
    shown = [
        str(secret), repr(secret), f"{secret}", f"{secret:>99}", f"{secret!r}", "%s" % secret, "{}".format(secret),
        "%s %r" % (secret, [secret]), "".join([secret]), json.dumps({"a": secret}), yaml.safe_dump({"a": secret}),
        yaml.dump([secret]), repr(config), str(config.mine), str(pickle.dumps(secret)), str(copy.deepcopy([secret])),
    ]  # fmt: skip
    for text in shown:
        assert value not in text
        assert "***" in text
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)


@given(st.text(), st.text())
def test_secrets_compare_as_their_values(one: str, two: str) -> None:
    """A secret equals, orders, hashes and measures as its value, on either side of the operator."""
    a, b = Secret(one), Secret(two)
    assert (a == b, a == two, one == b) == (one == two,) * 3
    assert (a != b, a != two, one != b) == (one != two,) * 3
    assert (a < b, a < two, one < b) == (one < two,) * 3
    assert (two in {a, STARS}, b in {one, STARS}) == (two in {one, STARS},) * 2
    assert (len(a), bool(a), list(a)) == (len(one), bool(one), list(one))
    assert (a + two, one + b, a + b) == (one + two,) * 3


@given(st.text(min_size=1))
def test_secrets_are_used_as_their_values(value: str) -> None:
    """The methods and operators of str work on the value; keys for signatures are made of it."""
    secret = Secret(value)
    assert reveal(secret) == secret.reveal() == value
    assert type(reveal(secret)) is str
    assert secret.encode("utf-8", "surrogatepass") == value.encode("utf-8", "surrogatepass")
    assert secret.upper() == value.upper()
    assert secret.split() == value.split()
    assert (secret[:1], secret[-1], secret * 2, value in secret) == (value[:1], value[-1], value * 2, True)
    assert secret.startswith(Secret(value))
    assert Secret(secret) is secret


def test_stars_open_nothing() -> None:
    """Presenting stars does not pass for the secret, not even where C code compares."""
    secret = Secret("the real thing")
    assert secret != STARS
    assert secret != f"{STARS}…"
    for presented in (STARS, f"{STARS}…", "the real thing"):
        with pytest.raises(TypeError):
            hmac.compare_digest(secret, presented)
    assert hmac.compare_digest(secret.encode(), b"the real thing")


@given(st.lists(KEYS, min_size=1, max_size=3), st.lists(st.text(), min_size=4, max_size=4))
def test_redaction(values: list[str], between: list[str]) -> None:
    """Redacting takes every secret out of a text, leaves nothing to do for a second time, and spares other texts."""
    for value in values:
        Secret(value)
    text = "".join(part + value for part, value in zip(between, values, strict=False))
    assert not any(value in redact(text) for value in values)
    assert redact(redact(text)) == redact(text)
    assert redact("nothing of that kind") == "nothing of that kind"


def test_short_secrets_are_not_redacted() -> None:
    """A secret of less than six characters would blacken every other word of a log."""
    Secret("is")
    Secret("*******")
    assert redact("this is *******!") == "this is *******!"


def test_escaped_secrets_are_redacted() -> None:
    """A secret of several lines is found where line breaks are written as escapes, as in a repr or in JSON."""
    value = "-----BEGIN KEY-----\nabcdefgh\n"
    Secret(value)
    assert "abcdefgh" not in redact(f"{value} {value!r} {json.dumps(value)}")


def test_logs_are_redacted(caplog: pytest.LogCaptureFixture) -> None:
    """Once the configuration was read, no log record shows a secret: message, arguments or traceback."""
    Path("pym-config.yaml").write_text(FEW + "jwt_secret: logged-secret-1\nenv_secrets: []\n")
    get_config()
    log = logging.getLogger("anywhere")
    log.warning("plain logged-secret-1")
    log.warning("argument %s of %d", "logged-secret-1", 2)
    try:
        raise ValueError("logged-secret-1")
    except ValueError:
        log.exception("caught")
    assert "logged-secret-1" not in caplog.text
    assert caplog.text.count(STARS) == 4
    assert "argument ***** of 2" in caplog.text


def test_secrets_of_the_environment_are_redacted() -> None:
    """What env_secrets lists is redacted even where no key of the file uses it."""
    read("env_secrets: [TOKEN_X]", {"TOKEN_X": "value-of-token-x"})
    assert redact("a value-of-token-x b") == "a ***** b"


def test_yaml_is_not_imported_without_a_file() -> None:
    """A process that has no configuration file does not pay for reading YAML."""
    program = "import sys; from pymacaron.config import get_config; get_config().name; print('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
