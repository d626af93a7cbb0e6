/// The same calendars in the three forms, as RFC 7265, appendix B, and RFC 6321, appendix B, have
/// them (the second RFC's wording of both).
enum FormatExamples {
    static let simple = (
        iCalendar: """
        BEGIN:VCALENDAR
        CALSCALE:GREGORIAN
        PRODID:-//Example Inc.//Example Calendar//EN
        VERSION:2.0
        BEGIN:VEVENT
        DTSTAMP:20080205T191224Z
        DTSTART;VALUE=DATE:20081006
        SUMMARY:Planning meeting
        UID:4088E990AD89CB3DBB484909
        END:VEVENT
        END:VCALENDAR

        """,
        jCal: """
        ["vcalendar",
          [
            ["calscale", {}, "text", "GREGORIAN"],
            ["prodid", {}, "text", "-//Example Inc.//Example Calendar//EN"],
            ["version", {}, "text", "2.0"]
          ],
          [
            ["vevent",
              [
                ["dtstamp", {}, "date-time", "2008-02-05T19:12:24Z"],
                ["dtstart", {}, "date", "2008-10-06"],
                ["summary", {}, "text", "Planning meeting"],
                ["uid", {}, "text", "4088E990AD89CB3DBB484909"]
              ],
              []
            ]
          ]
        ]
        """,
        xCal: """
        <?xml version="1.0" encoding="utf-8"?>
        <icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0">
          <vcalendar>
            <properties>
              <calscale><text>GREGORIAN</text></calscale>
              <prodid><text>-//Example Inc.//Example Calendar//EN</text></prodid>
              <version><text>2.0</text></version>
            </properties>
            <components>
              <vevent>
                <properties>
                  <dtstamp><date-time>2008-02-05T19:12:24Z</date-time></dtstamp>
                  <dtstart><date>2008-10-06</date></dtstart>
                  <summary><text>Planning meeting</text></summary>
                  <uid><text>4088E990AD89CB3DBB484909</text></uid>
                </properties>
              </vevent>
            </components>
          </vcalendar>
        </icalendar>
        """
    )

    static let recurring = (
        iCalendar: """
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//Example Corp.//Example Client//EN
        BEGIN:VTIMEZONE
        LAST-MODIFIED:20040110T032845Z
        TZID:US/Eastern
        BEGIN:STANDARD
        DTSTART:20001026T020000
        RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
        TZNAME:EST
        TZOFFSETFROM:-0400
        TZOFFSETTO:-0500
        END:STANDARD
        END:VTIMEZONE
        BEGIN:VEVENT
        DTSTAMP:20060206T001121Z
        DTSTART;TZID=US/Eastern:20060102T120000
        DURATION:PT1H
        RRULE:FREQ=DAILY;COUNT=5
        RDATE;TZID=US/Eastern;VALUE=PERIOD:20060102T150000/PT2H
        SUMMARY:Event #2
        DESCRIPTION:We are having a meeting all this week at 12 pm for one hour\\, w
         ith an additional meeting on the first day 2 hours long.\\nPlease bring you
         r own lunch for the 12 pm meetings.
        UID:00959BC664CA650E933C892C@example.com
        END:VEVENT
        BEGIN:VEVENT
        DTSTAMP:20060206T001121Z
        DTSTART;TZID=US/Eastern:20060104T140000
        DURATION:PT1H
        RECURRENCE-ID;TZID=US/Eastern:20060104T120000
        SUMMARY:Event #2
        UID:00959BC664CA650E933C892C@example.com
        END:VEVENT
        END:VCALENDAR

        """,
        jCal: """
        ["vcalendar",
          [
            ["version", {}, "text", "2.0"],
            ["prodid", {}, "text", "-//Example Corp.//Example Client//EN"]
          ],
          [
            ["vtimezone",
              [
                ["last-modified", {}, "date-time", "2004-01-10T03:28:45Z"],
                ["tzid", {}, "text", "US/Eastern"]
              ],
              [
                ["standard",
                  [
                    ["dtstart", {}, "date-time", "2000-10-26T02:00:00"],
                    ["rrule", {}, "recur",
                      { "freq": "YEARLY", "byday": "-1SU", "bymonth": 10 }
                    ],
                    ["tzname", {}, "text", "EST"],
                    ["tzoffsetfrom", {}, "utc-offset", "-04:00"],
                    ["tzoffsetto", {}, "utc-offset", "-05:00"]
                  ],
                  []
                ]
              ]
            ],
            ["vevent",
              [
                ["dtstamp", {}, "date-time", "2006-02-06T00:11:21Z"],
                ["dtstart", { "tzid": "US/Eastern" }, "date-time", "2006-01-02T12:00:00"],
                ["duration", {}, "duration", "PT1H"],
                ["rrule", {}, "recur", { "freq": "DAILY", "count": 5 } ],
                ["rdate", { "tzid": "US/Eastern" }, "period", "2006-01-02T15:00:00/PT2H"],
                ["summary", {}, "text", "Event #2"],
                ["description", {}, "text", "We are having a meeting all this week \
        at 12 pm for one hour, with an additional meeting on the first day 2 hours \
        long.\\nPlease bring your own lunch for the 12 pm meetings."],
                ["uid", {}, "text", "00959BC664CA650E933C892C@example.com"]
              ],
              []
            ],
            ["vevent",
              [
                ["dtstamp", {}, "date-time", "2006-02-06T00:11:21Z"],
                ["dtstart", { "tzid": "US/Eastern" }, "date-time", "2006-01-04T14:00:00"],
                ["duration", {}, "duration", "PT1H"],
                ["recurrence-id", { "tzid": "US/Eastern" }, "date-time",
                  "2006-01-04T12:00:00"],
                ["summary", {}, "text", "Event #2"],
                ["uid", {}, "text", "00959BC664CA650E933C892C@example.com"]
              ],
              []
            ]
          ]
        ]
        """,
        xCal: """
        <?xml version="1.0" encoding="utf-8"?>
        <icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0">
          <vcalendar>
            <properties>
              <version><text>2.0</text></version>
              <prodid><text>-//Example Corp.//Example Client//EN</text></prodid>
            </properties>
            <components>
              <vtimezone>
                <properties>
                  <last-modified><date-time>2004-01-10T03:28:45Z</date-time></last-modified>
                  <tzid><text>US/Eastern</text></tzid>
                </properties>
                <components>
                  <standard>
                    <properties>
                      <dtstart><date-time>2000-10-26T02:00:00</date-time></dtstart>
                      <rrule>
                        <recur>
                          <freq>YEARLY</freq><byday>-1SU</byday><bymonth>10</bymonth>
                        </recur>
                      </rrule>
                      <tzname><text>EST</text></tzname>
                      <tzoffsetfrom><utc-offset>-04:00</utc-offset></tzoffsetfrom>
                      <tzoffsetto><utc-offset>-05:00</utc-offset></tzoffsetto>
                    </properties>
                  </standard>
                </components>
              </vtimezone>
              <vevent>
                <properties>
                  <dtstamp><date-time>2006-02-06T00:11:21Z</date-time></dtstamp>
                  <dtstart>
                    <parameters><tzid><text>US/Eastern</text></tzid></parameters>
                    <date-time>2006-01-02T12:00:00</date-time>
                  </dtstart>
                  <duration><duration>PT1H</duration></duration>
                  <rrule><recur><freq>DAILY</freq><count>5</count></recur></rrule>
                  <rdate>
                    <parameters><tzid><text>US/Eastern</text></tzid></parameters>
                    <period><start>2006-01-02T15:00:00</start><duration>PT2H</duration></period>
                  </rdate>
                  <summary><text>Event #2</text></summary>
                  <description><text>We are having a meeting all this week at 12 pm for \
        one hour, with an additional meeting on the first day 2 hours long.&#x0a;Please \
        bring your own lunch for the 12 pm meetings.</text></description>
                  <uid><text>00959BC664CA650E933C892C@example.com</text></uid>
                </properties>
              </vevent>
              <vevent>
                <properties>
                  <dtstamp><date-time>2006-02-06T00:11:21Z</date-time></dtstamp>
                  <dtstart>
                    <parameters><tzid><text>US/Eastern</text></tzid></parameters>
                    <date-time>2006-01-04T14:00:00</date-time>
                  </dtstart>
                  <duration><duration>PT1H</duration></duration>
                  <recurrence-id>
                    <parameters><tzid><text>US/Eastern</text></tzid></parameters>
                    <date-time>2006-01-04T12:00:00</date-time>
                  </recurrence-id>
                  <summary><text>Event #2</text></summary>
                  <uid><text>00959BC664CA650E933C892C@example.com</text></uid>
                </properties>
              </vevent>
            </components>
          </vcalendar>
        </icalendar>
        """
    )
}
