import CRMStore
import Testing

@Suite("Digests, by known vectors")
struct DigestTests {
    @Test func sha256() {
        // FIPS 180-2, B.1
        #expect(
            Digest.hex(Digest.sha256("abc"))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Digest.hex(Digest.sha256([UInt8]()))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(Digest.sha256("Grüße") == Digest.sha256(Array("Grüße".utf8)))
    }

    @Test func hmac() {
        // RFC 4231 §4.3
        let code = Digest.hmacSHA256(
            key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(
            Digest.hex(code)
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(Digest.hmacSHA256(key: [], []).count == 32)
    }

    @Test func randomBytesDiffer() {
        #expect(Digest.random(count: 16).count == 16)
        #expect(Digest.random(count: 16) != Digest.random(count: 16))
        #expect(Digest.random(count: 0) == [])
    }

    @Test func equality() {
        #expect(Digest.areEqual([1, 2], [1, 2]))
        #expect(!Digest.areEqual([1, 2], [1, 3]))
        #expect(!Digest.areEqual([1, 2], [1, 2, 3]))
        #expect(Digest.areEqual([], []))
    }
}
