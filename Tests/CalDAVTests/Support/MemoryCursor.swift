import CalDAV

/// Rows of a `MemoryStore`; each lends its bytes until the next one.
final class MemoryCursor: ObjectCursor {
    indirect enum Row {
        case present(MemoryStore.StoredObject)
        case removed(name: String, revision: Int64)
        /// One of a listing of several calendars.
        case of(Int64, Row)

        var revision: Int64 {
            switch self {
            case .present(let stored): stored.revision
            case .removed(_, let revision): revision
            case .of(_, let row): row.revision
            }
        }
    }

    private var rows: [Row]
    private let content: Bool
    private var lent: [UnsafeMutableRawBufferPointer] = []

    init(_ rows: [Row], content: Bool) {
        self.rows = rows.reversed()
        self.content = content
    }

    deinit { giveBack() }

    /// In the order in which they come.
    var remaining: [Row] { rows.reversed() }

    private func giveBack() {
        // What is still in use after its time shows.
        for buffer in lent {
            buffer.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "!"))
            buffer.deallocate()
        }
        lent = []
    }

    private func lend(_ bytes: some Collection<UInt8>) -> UnsafeRawBufferPointer {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        buffer.copyBytes(from: bytes)
        lent.append(buffer)
        return UnsafeRawBufferPointer(buffer)
    }

    func next() throws(StorageError) -> ObjectRow? {
        giveBack()
        return rows.popLast().map(row)
    }

    private func row(_ row: Row) -> ObjectRow {
        switch row {
        case .of(let calendar, let inner):
            var row = self.row(inner)
            row.calendar = calendar
            return row
        case .present(let stored):
            let record = stored.record
            return ObjectRow(
                name: lend(record.name.utf8), component: lend(record.component.utf8),
                etag: lend(record.etag.utf8), size: record.size, modified: record.modified,
                created: record.created, content: lend(content ? record.content : []),
                isRemoved: false, revision: stored.revision)
        case .removed(let name, let revision):
            return ObjectRow(
                name: lend(name.utf8), component: lend([]), etag: lend([]), size: 0, modified: 0,
                created: 0, content: lend([]), isRemoved: true, revision: revision)
        }
    }
}
