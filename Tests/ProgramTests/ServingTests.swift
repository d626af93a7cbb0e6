import Testing

@testable import crm_caldav

@Suite("The path that everything is below")
struct BasePathTests {
    @Test(
        arguments: [
            // nginx, mod_proxy_fcgi and mod_fcgid as in nginx/ and apache/.
            ("/caldav", "/caldav/calendars/", "/caldav/"), ("/caldav", "/caldav", "/caldav/"),
            ("/caldav/", "/caldav/", "/caldav/"),
            // A web space: the address does not name the program.
            ("/caldav/caldav.fcgi", "/caldav/calendars/", "/caldav/"),
            ("/crm/caldav/caldav.fcgi", "/crm/caldav/", "/crm/caldav/"),
            // … and one where it does.
            ("/cgi/caldav.fcgi", "/cgi/caldav.fcgi/calendars/", "/cgi/caldav.fcgi/"),
            ("", "/calendars/", "/"), ("/elsewhere/x", "/calendars/", "/"),
            // A name that only begins alike is another.
            ("/caldav", "/caldavx/calendars/", "/"),
        ] as [(String, Substring, String)])
    func isFoundFromScriptName(scriptName: String, path: Substring, basePath: String) {
        #expect(RequestReader.basePath(scriptName, path) == basePath)
    }

    @Test(
        arguments: [
            ("/caldav/", "/caldav/a%2Fb", "a%2Fb"), ("/caldav/", "/caldav", ""),
            ("/caldav/", "/caldav/", ""), ("/", "/a", "a"), ("/caldav/", "/cal", nil),
            ("/caldav/", "/caldavx", nil),
        ] as [(String, Substring, String?)])
    func isCutOff(basePath: String, path: Substring, below: String?) {
        #expect(RequestReader.below(basePath, path) == below)
    }
}

@Suite("Logs")
struct LogTests {
    @Test(
        arguments: [
            ("/caldav/feed/s3cret.ics", "/caldav/feed/***"),
            ("/caldav/feed/s3cret.ics?token=s3cret", "/caldav/feed/***?***"),
            ("/caldav/feed/?s3cret", "/caldav/feed/***?***"),
            ("/caldav/feed/s3/cret", "/caldav/feed/***"),
            ("/caldav/%66ee%64/s3cret.ics", "/caldav/%66ee%64/***"),
            ("/caldav/feed", "/caldav/feed"),
            ("/caldav/calendars/anna/?x", "/caldav/calendars/anna/?x"), ("", ""),
        ])
    func aSecretInAnAddressIsMasked(uri: String, written: String) {
        #expect(Logs.masked(uri) == written)
    }

    @Test func aLineIsOneJSONObjectWhateverIsInIt() {
        var line = JSONLine()
        line.add("text", "a\"b\\c\nd\u{1}é")
        line.add("none", nil as String?)
        line.add("number", -3)
        line.add("time", milliseconds: 12_003)
        #expect(
            String(decoding: line.finished(), as: UTF8.self)
                == #"{"text":"a\"b\\c\u000ad\u0001é","none":null,"number":-3,"time":12.003}"# + "\n"
        )
    }

    @Test func theTimeIsUTCWithMilliseconds() throws {
        var line = JSONLine()
        line.addTime()
        let text = String(decoding: line.finished(), as: UTF8.self)
        let form = /\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}\n/
        #expect(text.wholeMatch(of: form) != nil)
    }
}
