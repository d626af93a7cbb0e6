import Testing

@testable import CRMStore

@Suite("Lists in pieces of a few sizes")
struct PaddedPiecesTests {
    private func pieces(_ count: Int, padding: Int? = nil) -> [[Int]] {
        Array(0..<count).inPaddedPieces(of: [1, 3, 5], padding: padding).map(\.elements)
    }

    @Test(
        arguments: [
            (0, []), (1, [[0]]), (2, [[0, 1, 1]]), (4, [[0, 1, 2, 3, 3]]),
            (6, [[0, 1, 2, 3, 4], [5]]), (7, [[0, 1, 2, 3, 4], [5, 6, 6]]),
        ] as [(Int, [[Int]])])
    func theLastIsPaddedToTheNextSize(count: Int, expected: [[Int]]) {
        #expect(pieces(count) == expected)
    }

    @Test func itIsPaddedWithWhatIsGiven() {
        #expect(pieces(7, padding: 9) == [[0, 1, 2, 3, 4], [5, 6, 9]])
    }

    @Test func eachSaysWhichSizeItHas() {
        #expect(Array(0..<7).inPaddedPieces(of: [1, 3, 5]).map(\.size) == [2, 1])
    }
}
