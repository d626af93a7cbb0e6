/// FNV-1a with 64 bits, for tags that have to change with what they are made of.
package struct FNV1a {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    package mutating func add(_ text: String) { add(text.utf8) }

    package var text: String { String(value, radix: 16) }
}
