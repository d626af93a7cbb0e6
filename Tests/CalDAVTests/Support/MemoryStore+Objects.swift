import CalDAV
import ICalendar

extension MemoryStore {
    func objects(
        in calendar: CalendarRecord, _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        try called("objects")
        let objects = calendars[try index(calendar)].objects.values.filter { stored in
            switch selection {
            case .all: return true
            case .names(let names): return names.contains(stored.record.name)
            case .component(let component): return stored.record.component == component
            case .overlapping(let range, let component):
                let span = stored.object.span(floating: .utc)
                return (component == nil || stored.record.component == component)
                    && span.first <= range.upperBound && span.last >= range.lowerBound
            case .busy(let range, _):
                let span = stored.object.span(floating: .utc)
                return ["VEVENT", "VFREEBUSY"].contains(stored.record.component)
                    && span.first <= range.upperBound && span.last >= range.lowerBound
            }
        }
        return MemoryCursor(
            objects.sorted { $0.record.name < $1.record.name }.map { .present($0) },
            content: content)
    }

    func objects(
        in calendars: [CalendarRecord], _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        var rows: [MemoryCursor.Row] = []
        for calendar in calendars.sorted(by: { $0.id < $1.id }) {
            let cursor = try objects(in: calendar, selection, content: content)
            let own = (cursor as? MemoryCursor)?.remaining ?? []
            rows += own.map { .of(calendar.id, $0) }
        }
        return MemoryCursor(rows, content: content)
    }

    func changes(
        in calendar: CalendarRecord, after revision: Int64?, limit: Int?, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        try called("changes")
        let calendar = calendars[try index(calendar)]
        var rows = calendar.objects.values.filter { $0.revision > revision ?? 0 }.map {
            MemoryCursor.Row.present($0)
        }
        if let revision {
            rows += calendar.tombstones.filter { $0.value > revision }.map {
                .removed(name: $0.key, revision: $0.value)
            }
        }
        rows.sort { $0.revision < $1.revision }
        if let limit { rows = Array(rows.prefix(limit)) }
        return MemoryCursor(rows, content: content)
    }

    func changes(in spans: [ChangeSpan], content: Bool) throws(StorageError) -> any ObjectCursor {
        try called("changes")
        var rows: [MemoryCursor.Row] = []
        for span in spans {
            let calendar = calendars.first { $0.record.id == span.calendar }
            let replacing = calendars.first { $0.record.id == span.unlessIn }
            var own: [MemoryCursor.Row] = []
            if let after = span.objectsAfter, let calendar {
                own += calendar.objects.values.filter { $0.revision > after }.map { .present($0) }
            }
            let tombstones = calendar?.tombstones ?? buried[span.calendar] ?? [:]
            if let after = span.removedAfter {
                own += tombstones.filter { $0.value > after && replacing?.objects[$0.key] == nil }
                    .map { .removed(name: $0.key, revision: $0.value) }
            }
            own.sort { $0.revision < $1.revision }
            rows += own.prefix(span.limit ?? .max).map { .of(span.calendar, $0) }
        }
        return MemoryCursor(rows, content: content)
    }

    func put(
        _ object: CalendarObject, text: [UInt8], name: String, in calendar: CalendarRecord,
        by user: UserRecord, if condition: WriteCondition, isNew: Bool
    ) throws(StorageError) -> PutOutcome {
        try called("put")
        let index = try index(calendar)
        let present = calendars[index].objects[name]
        guard condition.holds(for: present?.record.etag) else {
            throw .preconditionFailed(etag: present?.record.etag)
        }
        let other = calendars[index].objects.first { $0.value.object.uid == object.uid }
        if let other, other.key != name { throw .uidInUse(name: other.key) }
        try checkRoom(for: text.count, inHomeOf: calendar.owner)
        calendars[index].record.revision += 1
        let revision = calendars[index].record.revision
        let etag = "e\(revision)"
        let record = ObjectRecord(
            name: name, component: object.kind.name, etag: etag, size: Int64(text.count),
            modified: 784_111_777, created: 784_111_777, content: text)
        calendars[index].objects[name] = StoredObject(
            record: record, object: object, revision: revision)
        calendars[index].tombstones[name] = nil
        return PutOutcome(isNew: present == nil, etag: etag)
    }

    func transfer(
        _ transfer: ObjectTransfer, by user: UserRecord
    ) throws(StorageError) -> PutOutcome {
        try called("transfer")
        let (source, destination) = (transfer.source, transfer.destination)
        let (from, to) = (try index(source.calendar), try index(destination.calendar))
        guard let object = calendars[from].objects[source.name] else { throw .notFound }
        guard source.condition.holds(for: object.record.etag) else {
            throw .preconditionFailed(etag: object.record.etag)
        }
        let present = calendars[to].objects[destination.name]
        guard destination.condition.holds(for: present?.record.etag) else {
            throw .preconditionFailed(etag: present?.record.etag)
        }
        let other = calendars[to].objects.first { name, stored in
            stored.object.uid == object.object.uid && name != destination.name
                && !(transfer.isMove && from == to && name == source.name)
        }
        if let other { throw .uidInUse(name: other.key) }
        if !transfer.isMove {
            try checkRoom(
                for: object.record.content.count, inHomeOf: destination.calendar.owner)
        }
        if transfer.isMove {
            calendars[from].record.revision += 1
            calendars[from].objects[source.name] = nil
            calendars[from].tombstones[source.name] = calendars[from].record.revision
        }
        calendars[to].record.revision += 1
        var moved = object
        moved.record.name = destination.name
        moved.revision = calendars[to].record.revision
        calendars[to].objects[destination.name] = moved
        calendars[to].tombstones[destination.name] = nil
        return PutOutcome(isNew: present == nil, etag: object.record.etag)
    }

    func deleteObject(
        _ name: String, in calendar: CalendarRecord, by user: UserRecord,
        if condition: WriteCondition
    ) throws(StorageError) {
        try called("deleteObject")
        let index = try index(calendar)
        guard let present = calendars[index].objects[name] else { throw .notFound }
        guard condition.holds(for: present.record.etag) else {
            throw .preconditionFailed(etag: present.record.etag)
        }
        calendars[index].record.revision += 1
        calendars[index].objects[name] = nil
        calendars[index].tombstones[name] = calendars[index].record.revision
    }
}
