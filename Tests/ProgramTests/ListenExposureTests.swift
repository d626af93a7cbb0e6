import FastCGI
import Testing

@testable import crm_caldav

@Suite("Who else than the web server reaches the address that requests come by")
struct ListenExposureTests {
    private let loopback = ListenAddress.tcp(host: "127.0.0.1", port: 9000)
    private let accounts = [
        ListenExposure.Account(name: "root", number: 0, shell: "/bin/bash"),
        ListenExposure.Account(name: "www-data", number: 33, shell: "/usr/sbin/nologin"),
        ListenExposure.Account(name: "caldav", number: 1000, shell: "/bin/sh"),
        ListenExposure.Account(name: "backup-job", number: 1001, shell: "/bin/false"),
        ListenExposure.Account(name: "nobody", number: 65_534, shell: "/bin/sh"),
    ]

    @Test func aUnixSocketIsNotWarnedOf() {
        let anna = ListenExposure.Account(name: "anna", number: 1002, shell: "/bin/sh")
        #expect(
            ListenExposure(of: .unix(path: "/run/s"), accounts: accounts + [anna], own: 1000) == nil
        )
        #expect(ListenExposure(of: .inherited, accounts: accounts + [anna], own: 1000) == nil)
    }

    @Test func loopbackIsNobodysButOursWhereNobodyElseSignsIn() {
        #expect(ListenExposure(of: loopback, accounts: accounts, own: 1000) == nil)
    }

    @Test func loopbackIsEveryAccountsOfTheMachine() throws {
        let people = ["anna", "bert", "cleo", "dora"].enumerated().map {
            ListenExposure.Account(name: $1, number: 2000 + UInt32($0), shell: "/bin/bash")
        }
        let found = try #require(
            ListenExposure(of: loopback, accounts: accounts + people, own: 1000))
        #expect(found.message.contains("(anna, bert, cleo and 1 more)"))
        #expect(found.mend.contains("listen = unix:/run/crm-caldav/caldav.sock"))
    }

    @Test(arguments: [nil, "192.0.2.1", "::"])
    func anotherAddressIsEverybodys(host: String?) throws {
        let found = try #require(
            ListenExposure(of: .tcp(host: host, port: 9000), accounts: [], own: 1000))
        #expect(found.mend.contains("firewall"))
    }
}
