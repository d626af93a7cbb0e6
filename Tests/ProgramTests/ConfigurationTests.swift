import CRMStore
import FastCGI
import Glibc
import MariaDB
import Testing

@testable import crm_caldav

@Suite("The lines of a configuration file")
struct ConfigurationFileTests {
    @Test(
        arguments: [
            ("name = value", "value"), ("name=value", "value"), ("  name\t=  value  ", "value"),
            ("name = two words", "two words"), ("name = a = b", "a = b"), ("name =", ""),
            ("name = value # comment", "value"), ("name = a#b", "a#b"), ("name = #b", ""),
            (#"name = "a # b" # comment"#, "a # b"), (#"name = " a ""#, " a "),
            (#"name = "a\"b\\c\d""#, #"a"b\c\d"#), (#"name = 'a\b "c"'"#, #"a\b "c""#),
            ("\u{FEFF}name = value\r\n", "value"), ("# comment\n\nname = value", "value"),
        ])
    func valueIs(text: String, value: String) throws {
        #expect(try ConfigurationFile(text, path: "f").entries.map(\.value) == [value])
    }

    @Test(
        arguments: [
            ("\nname", "f:2: not of the form key = value"),
            ("= value", "f:1: no key before ="),
            (#"name = "a"#, "f:1: the closing \" is missing"),
            ("name = 'a' b", "f:1: something follows the closing '"),
            ("name = a\n\nname = b", "f:3: name stands in line 1 already"),
        ])
    func faultNamesItsLine(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationFile(text, path: "f")
        }
        #expect(error?.description == message)
    }
}

@Suite("Configuration")
struct ConfigurationTests {
    private let path = "/tmp/crm-caldav-configuration.\(getpid()).\(UInt32.random(in: 0 ... .max))"

    private func load(_ text: String, mode: mode_t = 0o600) throws -> Configuration {
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        defer { unlink(path) }
        write(file, text, text.utf8.count)
        fchmod(file, mode)
        close(file)
        return try Configuration.load(from: path)
    }

    private func message(_ text: String, mode: mode_t = 0o600) -> String {
        let error = #expect(throws: ConfigurationError.self) { try load(text, mode: mode) }
        return (error?.description ?? "").replacing(path, with: "f")
    }

    @Test func variablesStandForKeysButForThoseThatMeanSomethingElse() {
        let environment = Environment(variables: [
            ("PATH", "/bin"), ("CRM_CALDAV_DATABASE_USER", "u"), ("CRM_CALDAV_WORKER", "1"),
            ("CRM_CALDAV_CONFIG", "c"), ("CRM_CALDAV_SHARED", "s"), ("CRM_CALDAV_TEST_X", "t"),
        ])
        #expect(environment.keys.map(\.key) == ["database_user"])
    }

    @Test func whatIsSetIsMeant() throws {
        let configuration = try load(
            """
            database_name = crm
            users_condition = active = 1
            users_email_column =
            database_tls = verify
            listen = /run/caldav.sock
            listen_mode = 0666
            listen_peers = nginx, 1001
            threads = 3
            max_resource_size = 2M
            remote_user = yes
            trusted_proxies = 10.0.0.0/8, ::1
            calendar_components = vevent
            sign_in_remembered = 60
            """)
        #expect(configuration.store.connection.database == "crm")
        #expect(configuration.store.users.condition == "active = 1")
        #expect(configuration.store.users.emailColumn == nil)
        #expect(configuration.store.connection.tls == .verify)
        #expect(configuration.serve.listen == .unix(path: "/run/caldav.sock"))
        #expect(configuration.serve.listenMode == 0o666)
        #expect(configuration.serve.listenPeers == .accounts(["nginx", "1001"]))
        #expect(configuration.serve.threads == 3)
        #expect(configuration.store.limits.maxResourceSize == 2 << 20)
        #expect(configuration.serve.trustsRemoteUser)
        #expect(configuration.serve.trustedProxies.count == 2)
        #expect(configuration.store.newCalendar.components == ["VEVENT"])
        #expect(configuration.signIn.rememberedFor == 60_000)
    }

    @Test(
        arguments: [
            ("databse_name = x", "f:1: unknown key databse_name; did you mean database_name?"),
            ("something_else = x", "f:1: unknown key something_else"),
            ("\nthreads = many", "f:2: threads: has to be auto or a number from 1 to 256"),
            ("log_level = loud", "f:1: log_level: has to be one of error, warning, info"),
            ("remote_user = maybe", "f:1: remote_user: has to be yes or no"),
            ("database_port = 70000", "f:1: database_port: has to be a number from 1 to 65535"),
            ("max_xml_size = 3", "f:1: max_xml_size: has to be from 10K to 64M"),
            ("max_xml_size = 9223372036854775807G", "f:1: max_xml_size: has to be from 10K to 64M"),
            ("base_path = caldav", "f:1: base_path: has to be a path that begins and ends with /"),
            ("calendar_color = red", "f:1: calendar_color: has to be of the form #3366CC"),
            ("threads = 1", "f: database_name is not set"),
        ])
    func faultIsNamed(text: String, expected: String) {
        #expect(message(text) == expected)
    }

    @Test func aPasswordThatEverybodyMayReadIsRefused() throws {
        let text = "database_name = crm\ndatabase_password = secret"
        #expect(message(text, mode: 0o644).hasPrefix("f:2: database_password"))
        #expect(try load(text, mode: 0o640).store.connection.password == "secret")
        #expect(try load("database_name = crm", mode: 0o644).store.connection.password.isEmpty)
    }

    @Test func thePrintedSampleSetsEveryKeyToItsDefault() throws {
        let sample = ConfigurationSample.text
        for key in ConfigurationSection.all.flatMap(\.keys) {
            #expect(sample.contains("\n#\(key.name) ="), "\(key.name)")
        }
        // With the marks of comments taken off, it is a file that changes nothing.
        let lines = sample.split(separator: "\n").filter {
            $0.hasPrefix("#") && !$0.hasPrefix("# ")
        }
        let entries = try ConfigurationFile(
            lines.map { String($0.dropFirst()) }.joined(separator: "\n"), path: "sample"
        ).entries
        var configuration = Configuration()
        for entry in entries where !entry.value.isEmpty {
            try ConfigurationKey.named(entry.name)?.read(&configuration, entry.value)
        }
        let defaults = Configuration()
        for key in ConfigurationSection.all.flatMap(\.keys) {
            #expect(key.write(configuration) == key.write(defaults), "\(key.name)")
        }
    }
}
