import Outgoing
import Testing

@testable import Outgoing

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
