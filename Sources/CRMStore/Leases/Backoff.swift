/// When something that failed is tried again: each pause is twice the one before, up to a limit, and some
/// of it is chance, so that many who failed together do not come back together.
package struct Backoff: Sendable {
    /// Seconds.
    package var first: Int64
    /// Seconds.
    package var longest: Int64

    package init(first: Int64, longest: Int64) {
        self.first = first
        self.longest = longest
    }

    /// Where the other side says how long to wait, we keep to that, and to a minute at most of our own.
    private static let longestBesideAsked: Int64 = 60

    /// - Parameters:
    ///   - failures: in a row, before this one.
    ///   - asked: seconds that the other side asks to be left alone.
    /// - Returns: seconds.
    package func pause(afterFailures failures: Int64, asked: Int64? = nil) -> Int64 {
        let doublings = min(max(failures, 0), 20)
        var seconds = min(first << doublings, longest)
        seconds += .random(in: 0...seconds / 4)
        guard let asked else { return seconds }
        return max(asked, min(seconds, Backoff.longestBesideAsked))
    }
}
