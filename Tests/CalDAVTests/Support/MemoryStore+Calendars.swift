import CalDAV

extension MemoryStore {
    func calendars(of owner: String) throws(StorageError) -> [CalendarRecord] {
        try called("calendars")
        return calendars.map(\.record).filter { $0.owner == owner }
    }

    func storedProperties(
        of calendar: CalendarRecord, viewer: String
    ) throws(StorageError) -> [StoredProperty] {
        try called("storedProperties")
        return calendars[try index(calendar)].properties(of: viewer)
    }

    func storedProperties(
        ofCalendarsOf owner: String, viewer: String
    ) throws(StorageError) -> [StoredProperty] {
        try called("storedProperties")
        return calendars.filter { $0.record.owner == owner }.flatMap { $0.properties(of: viewer) }
    }

    func usedBytes(in calendars: [CalendarRecord]) throws(StorageError) -> [Int64: Int64] {
        try called("usedBytes")
        let asked = Set(calendars.map(\.id))
        var bytes: [Int64: Int64] = [:]
        for calendar in self.calendars where asked.contains(calendar.record.id) {
            bytes[calendar.record.id] = calendar.objects.values.reduce(0) { $0 + $1.record.size }
        }
        return bytes
    }

    func instanceName() throws(StorageError) -> String { "memory" }

    func storedProperties(inHomeOf owner: String) throws(StorageError) -> [StoredProperty] {
        try called("storedProperties")
        return homeProperties[owner] ?? []
    }

    func change(
        _ place: StoredPlace, ofHomeOf owner: String, _ changes: [CalendarChange]
    ) throws(StorageError) {
        try called("change")
        let before = homeProperties
        for change in changes {
            switch change {
            case .store(let namespace, let name, let xml, _):
                homeProperties[owner, default: []].removeAll {
                    $0.place == place && $0.namespace == namespace && $0.name == name
                }
                var property = StoredProperty(
                    calendar: 0, namespace: namespace, name: name, xml: xml)
                property.place = place
                homeProperties[owner, default: []].append(property)
            case .remove(let namespace, let name, _):
                homeProperties[owner, default: []].removeAll {
                    $0.place == place && $0.namespace == namespace && $0.name == name
                }
            default: continue
            }
        }
        let count = homeProperties[owner]?.filter { $0.place == place }.count ?? 0
        do throws(StorageError) {
            try check(count, maxProperties, .properties)
        } catch {
            homeProperties = before
            throw error
        }
    }

    func createCalendar(
        _ uri: String, of owner: String, with properties: [CalendarChange]
    ) throws(StorageError) {
        try called("createCalendar")
        if calendars.contains(where: { $0.record.uri == uri && $0.record.owner == owner }) {
            throw .alreadyExists
        }
        let owned = calendars.filter { $0.record.owner == owner }.count
        try check(owned + 1, maxCalendars, .calendars)
        lastID += 1
        let id = lastID
        var record = CalendarRecord(
            id: id, owner: owner, uri: uri, displayName: uri, description: nil, color: nil,
            timeZone: "UTC", components: ["VEVENT", "VTODO"], revision: 1, floor: 1,
            isProtected: false)
        record.created = 784_111_777
        var calendar = Calendar(record: record)
        for property in properties { apply(property, to: &calendar, owner) }
        try check(calendar.properties.count, maxProperties, .properties)
        calendars.append(calendar)
    }

    func change(
        _ calendar: CalendarRecord, _ changes: [CalendarChange], viewer: String
    ) throws(StorageError) {
        try called("change")
        let index = try index(calendar)
        var changed = calendars[index]
        for change in changes { apply(change, to: &changed, viewer) }
        try check(changed.properties.count, maxProperties, .properties)
        calendars[index] = changed
        if viewer == calendar.owner || !changes.allSatisfy(\.isForViewer) {
            calendars[index].record.revision += 1
        }
    }

    private func apply(
        _ change: CalendarChange, to calendar: inout Calendar, _ viewer: String
    ) {
        switch change {
        case .displayName(let name): calendar.record.displayName = name
        case .description(let text): calendar.record.description = text
        case .color(let color): calendar.record.color = color
        case .timeZone(let zone): calendar.record.timeZone = zone
        case .components(let components): calendar.record.components = components
        case .subscribed: calendar.record.isSubscribed = true
        case .store(let namespace, let name, let xml, let isViewers):
            apply(
                .remove(namespace: namespace, name: name, isViewers: isViewers), to: &calendar,
                viewer)
            let property = StoredProperty(
                calendar: calendar.record.id, namespace: namespace, name: name, xml: xml)
            if isViewers {
                calendar.viewersProperties[viewer, default: []].append(property)
            } else {
                calendar.properties.append(property)
            }
        case .remove(let namespace, let name, let isViewers):
            func isMeant(_ property: StoredProperty) -> Bool {
                property.namespace == namespace && property.name == name
            }
            calendar.viewersProperties[viewer]?.removeAll(where: isMeant)
            if !isViewers { calendar.properties.removeAll(where: isMeant) }
        }
    }

    func delete(_ calendar: CalendarRecord) throws(StorageError) {
        try called("delete")
        let gone = calendars.remove(at: try index(calendar))
        var names = gone.tombstones
        for (number, name) in gone.objects.keys.sorted().enumerated() {
            names[name] = gone.record.revision + Int64(number) + 1
        }
        buried[calendar.id] = names
    }
}
