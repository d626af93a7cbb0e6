import Testing

@testable import Outgoing

@Suite("Where outgoing requests may go")
struct OutgoingPolicyTests {
    @Test func everyNetworkOfTheTableIsOne() {
        for text in OutgoingPolicy.specialNetworks { #expect(AddressRange(text) != nil, "\(text)") }
    }

    private func allows(_ address: String, _ networks: String = "") throws -> Bool {
        var policy = OutgoingPolicy()
        policy.allowedNetworks = try #require(AddressRange.list(networks))
        return policy.allows(try #require(AddressRange.bytes(of: address)))
    }

    @Test(arguments: [
        "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.100.100.200", "0.0.0.0", "255.255.255.255", "224.0.0.1",
        "168.63.129.16", "::1", "::", "fe80::1", "fd00:ec2::254", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "ff02::1",
    ])
    func thisMachineAndInnerNetworksAreRefused(address: String) throws {
        #expect(try !allows(address))
    }

    @Test(arguments: ["9.9.9.9", "172.32.0.1", "2620:fe::fe", "64:ff9b::909:909", "192.0.3.1"])
    func publicAddressesAreNot(address: String) throws {
        #expect(try allows(address))
    }

    @Test func whatTheAdministratorListsIsAllowed() throws {
        #expect(try allows("10.1.2.3", "10.1.0.0/16"))
        #expect(try !allows("10.2.2.3", "10.1.0.0/16"))
        #expect(try allows("::ffff:127.0.0.1", "127.0.0.0/8"))
        #expect(try allows("::1", "127.0.0.0/8, ::1"))
    }

    @Test func plainHTTPIsRefusedButForThisMachine() throws {
        var policy = OutgoingPolicy()
        policy.allowedNetworks = try #require(AddressRange.list("127.0.0.0/8, 10.0.0.0/8"))
        #expect(throws: TransportError.self) {
            try policy.check(try #require(WebAddress("http://cloud.example/")))
        }
        #expect(throws: TransportError.self) {
            try policy.check(try #require(WebAddress("http://127.cloud.example/")))
        }
        try policy.check(try #require(WebAddress("http://127.0.0.1:8080/")))
        policy.allowsPlainHTTP = true
        try policy.check(try #require(WebAddress("http://cloud.example/")))
    }

    @Test func anAddressThatStandsForItselfIsRefusedBeforeAProxyIsAsked() throws {
        #expect(throws: TransportError.self) {
            try OutgoingPolicy().check(try #require(WebAddress("https://[::1]:8443/")))
        }
        #expect(throws: TransportError.self) {
            try OutgoingPolicy().check(try #require(WebAddress("https://169.254.169.254/")))
        }
    }
}

@Suite("Ranges of addresses")
struct AddressRangeTests {
    @Test(
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("192.168.1.128/25", "192.168.1.200", true), ("192.168.1.128/25", "192.168.1.1", false),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true), ("2001:db8::/32", "2001:db8:1::1", true),
            ("::1", "127.0.0.1", false), ("0.0.0.0/0", "8.8.8.8", true), ("::/0", "8.8.8.8", false),
            ("10.0.0.0/8", "not an address", false),
        ])
    func contains(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(address) == isInside)
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "host", "10.0.0.0/8/8", "::1/129",
    ])
    func isRefused(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
