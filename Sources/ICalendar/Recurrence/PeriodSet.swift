/// The instances of one interval: every day at every time, or some of them by BYSETPOS.
///
/// The product is never written out: an interval of SECONDLY parts in a year has 31 million.
struct PeriodSet: Sendable {
    var days: [Int] = []
    var hours: [Int] = []
    var minutes: [Int] = []
    var seconds: [Int] = []
    /// What BYSETPOS chose, rising; nil without it.
    private var chosen: [Int]?

    mutating func removeAll() {
        days.removeAll(keepingCapacity: true)
        chosen = nil
    }

    /// SKIP=FORWARD can name a day twice in succession.
    mutating func removeRepetition() {
        guard skipNeedsSorting else { return }
        days = Array(Set(days)).sorted()
    }

    private var skipNeedsSorting: Bool {
        for index in days.indices.dropFirst() where days[index] <= days[index - 1] { return true }
        return false
    }

    var count: Int { chosen?.count ?? total }

    private var total: Int { days.count * hours.count * minutes.count * seconds.count }

    subscript(index: Int) -> Int64 {
        value(at: chosen.map { $0[index] } ?? index)
    }

    private func value(at index: Int) -> Int64 {
        let second = seconds[index % seconds.count]
        if hours.count == 1, minutes.count == 1, seconds.count == 1 {
            return Int64(days[index] * 86_400 + hours[0] * 3600 + minutes[0] * 60 + second)
        }
        let minuteIndex = index / seconds.count
        let hourIndex = minuteIndex / minutes.count
        let minute = minutes[minuteIndex % minutes.count]
        let hour = hours[hourIndex % hours.count]
        let day = days[hourIndex / hours.count]
        return Int64(day * 86_400 + hour * 3600 + minute * 60 + second)
    }

    /// BYSETPOS: the nth of the interval, from its end when negative.
    mutating func select(_ positions: [Int]) {
        let total = total
        var indices: Set<Int> = []
        for position in positions {
            let index = position > 0 ? position - 1 : total + position
            if index >= 0, index < total { indices.insert(index) }
        }
        chosen = indices.sorted()
    }

    /// Index of the first instance not before a time; `count` where all are.
    func firstIndex(atOrAfter wallSeconds: Int64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < wallSeconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
