/// As many elements as one statement has parameters for.
struct PaddedPiece<Element> {
    /// Index of its length in the list of sizes.
    let size: Int
    let elements: [Element]
}

extension Collection {
    /// Cuts a list into pieces of a few fixed sizes, so that one prepared statement serves each size.
    ///
    /// Every piece but the last is of the largest size; the last is padded to the smallest that holds
    /// it.
    /// - Parameters:
    ///   - sizes: ascending, none of them 0.
    ///   - padding: nil: the piece's last element, as suits a list of values in `IN (…)`.
    func inPaddedPieces(
        of sizes: [Int], padding: Element? = nil
    ) -> [PaddedPiece<Element>] {
        var pieces: [PaddedPiece<Element>] = []
        var rest = self[...]
        while let first = rest.first, !sizes.isEmpty {
            let size = sizes.firstIndex { $0 >= rest.count } ?? sizes.count - 1
            var elements = Array(rest.prefix(sizes[size]))
            rest = rest.dropFirst(elements.count)
            let filler = padding ?? elements.last ?? first
            while elements.count < sizes[size] { elements.append(filler) }
            pieces.append(PaddedPiece(size: size, elements: elements))
        }
        return pieces
    }
}
