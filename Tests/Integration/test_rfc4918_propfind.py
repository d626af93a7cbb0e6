"""PROPFIND (RFC 4918 §9.1) on every kind of resource."""

import pytest

from harness import icalendar
from harness.dav import APPLE, CALDAV, DAV, Client, clark, document


def test_principal_describes_its_user(client: Client) -> None:
    principal = client.propfind(
        client.principal(), "d:resourcetype", "d:displayname", "d:principal-URL",
        "d:current-user-principal", "c:calendar-home-set", "c:calendar-user-address-set",
    ).sole
    assert clark("d:principal") in principal.children("d:resourcetype")
    assert principal.href_in("d:principal-URL") == client.principal()
    assert principal.href_in("d:current-user-principal") == client.principal()
    assert principal.href_in("c:calendar-home-set") == client.home()
    assert (principal.href_in("c:calendar-user-address-set") or "").startswith("mailto:")
    assert principal.text("d:displayname")


def test_home_lists_itself_and_its_calendars(client: Client, calendar: str) -> None:
    listed = client.propfind(client.home(), "d:resourcetype", depth="1").responses
    assert {client.home(), client.calendar("crm-tasks"), calendar} <= set(listed)
    assert listed[calendar].children("d:resourcetype") == [
        clark("d:collection"), clark("c:calendar")
    ]
    assert clark("c:calendar") not in listed[client.home()].children("d:resourcetype")


def test_depth_0_answers_the_resource_alone(client: Client, calendar: str) -> None:
    client.put(calendar + "a.ics", icalendar.event(icalendar.new_uid()))
    assert client.propfind(calendar, "d:resourcetype", depth="0").sole.href == calendar


def test_calendar_says_what_it_takes_and_offers(client: Client) -> None:
    calendar = client.propfind(
        client.calendar("crm-tasks"), "c:supported-calendar-component-set",
        "d:supported-report-set", "d:current-user-privilege-set", "d:owner", "d:sync-token",
        "cs:getctag", "c:max-resource-size", "c:supported-calendar-data",
    ).sole
    assert not calendar.refused
    kinds = calendar.found[clark("c:supported-calendar-component-set")]
    assert {kind.get("name") for kind in kinds} == {"VEVENT", "VTODO"}
    reports = {
        report[0].tag for report in
        calendar.found[clark("d:supported-report-set")].iter(f"{{{DAV}}}report")
    }
    assert {
        clark("c:calendar-multiget"), clark("c:calendar-query"), clark("d:sync-collection")
    } <= reports
    privileges = {
        privilege[0].tag for privilege in
        calendar.found[clark("d:current-user-privilege-set")].iter(f"{{{DAV}}}privilege")
    }
    assert {clark("d:read"), clark("d:write")} <= privileges
    assert calendar.href_in("d:owner") == client.principal()
    assert int(calendar.text("c:max-resource-size") or "0") > 1 << 20


def test_object_has_its_etag_type_and_length(client: Client, calendar: str) -> None:
    text = icalendar.event(icalendar.new_uid())
    put = client.put(calendar + "a.ics", text)
    found = client.propfind(
        calendar + "a.ics", "d:getetag", "d:getcontenttype", "d:getcontentlength",
        "d:resourcetype", "d:getlastmodified",
    ).sole
    assert found.text("d:getetag") == put.etag
    assert (found.text("d:getcontenttype") or "").startswith("text/calendar")
    assert found.text("d:getcontentlength") == str(len(text.encode()))
    assert found.children("d:resourcetype") == []
    assert (found.text("d:getlastmodified") or "").endswith(" GMT")


def test_unknown_properties_are_404_inside_207(client: Client, calendar: str) -> None:
    names = ["{http://example.com/ns}never-heard-of", "{DAV:}no-such-thing", "{}bare"]
    found = client.propfind(calendar, *names, "d:displayname").sole
    assert found.text("d:displayname") is not None
    # A name without a namespace comes back without one, too.
    assert sorted(found.refused.items()) == sorted(
        {names[0]: 404, names[1]: 404, "bare": 404}.items()
    )


def test_propname_names_properties_without_values(client: Client, calendar: str) -> None:
    answer = client.request(
        "PROPFIND", calendar, document("<d:propfind><d:propname/></d:propfind>"), {"Depth": "0"}
    )
    found = answer.sole.found
    assert {clark("d:displayname"), clark("d:resourcetype"), clark("d:sync-token")} <= set(found)
    assert all(not (value.text or "").strip() and len(value) == 0 for value in found.values())


@pytest.mark.parametrize(
    "body", [b"", document("<d:propfind><d:allprop/></d:propfind>")], ids=["no body", "allprop"]
)
def test_allprop_holds_the_properties_of_webdav(
    client: Client, calendar: str, body: bytes
) -> None:
    found = client.request("PROPFIND", calendar, body, {"Depth": "0"}).sole.found
    assert {clark("d:displayname"), clark("d:resourcetype")} <= set(found)
    # RFC 4791 §5.2: its properties are not part of allprop.
    assert f"{{{CALDAV}}}supported-calendar-data" not in found


def test_infinite_depth_is_refused(client: Client) -> None:
    answer = client.propfind(client.home(), "d:resourcetype", depth="infinity")
    assert (answer.status, answer.precondition) == (403, clark("d:propfind-finite-depth"))


@pytest.mark.parametrize("depth", ["2", "one", "-1"])
def test_impossible_depth_is_a_bad_request(client: Client, depth: str) -> None:
    assert client.propfind(client.home(), "d:resourcetype", depth=depth).status == 400


def test_what_is_not_there_is_404(client: Client, calendar: str) -> None:
    assert client.propfind(calendar + "none.ics", "d:getetag").status == 404
    assert client.propfind(client.calendar("no-such-calendar"), "d:getetag").status == 404
    assert client.propfind(client.path("nowhere"), "d:getetag").status == 404


@pytest.mark.parametrize("path", ["calendars/ben/", "calendars/nobody-of-this-name/"])
@pytest.mark.parametrize("below", ["", "crm-tasks/", "crm-tasks/x.ics", "no-such-calendar/"])
def test_other_homes_are_403_whether_they_exist_or_not(
    client: Client, path: str, below: str
) -> None:
    answer = client.propfind(client.base_path + path + below, "d:displayname")
    assert (answer.status, answer.precondition) == (403, clark("d:need-privileges"))


def test_colour_is_answered_in_apples_namespace(client: Client, calendar: str) -> None:
    found = client.propfind(calendar, f"{{{APPLE}}}calendar-color").sole
    assert (found.text("ic:calendar-color") or "").startswith("#")
