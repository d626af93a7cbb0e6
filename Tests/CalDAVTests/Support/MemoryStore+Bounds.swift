import CalDAV

extension MemoryStore {
    func availableBytes(inHomeOf owner: String) throws(StorageError) -> Int64 {
        try called("availableBytes")
        let used = calendars.filter { $0.record.owner == owner }.flatMap(\.objects.values)
            .reduce(0) { $0 + $1.record.size }
        return max((maxHomeSize ?? 1 << 30) - used, 0)
    }

    /// Throws where a home has no room for so many bytes more.
    func checkRoom(for bytes: Int, inHomeOf owner: String) throws(StorageError) {
        guard maxHomeSize != nil, try availableBytes(inHomeOf: owner) < Int64(bytes) else { return }
        throw .quotaExceeded(QuotaExcess(.bytes, "full"))
    }

    /// Throws where there are more than there may be.
    func check(_ count: Int, _ most: Int?, _ quota: Quota) throws(StorageError) {
        if let most, count > most { throw .quotaExceeded(QuotaExcess(quota, "too many")) }
    }
}
