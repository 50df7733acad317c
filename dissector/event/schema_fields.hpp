// Walks a field table and makes the JSON Schema (draft 2020-12) of what json_fields.hpp writes of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "event/form.hpp"

namespace weir::event {

using schema_json = nlohmann::ordered_json;

/// The definitions that the schemas of members refer to: $defs/wire, $defs/value.
[[nodiscard]] schema_json shared_definitions();

template <class T>
schema_json schema_of();

template <class T>
void add_members(schema_json& schema, bool may_miss) {
    for_each_row<T>([&](const auto& row) {
        using member = member_type<T, decltype(row)>;
        const bool is_sometimes = may_miss || is_optional<member> || row.policy == leave_out::when_empty;
        if (row.name.empty()) {
            if constexpr (form_of<bare<member>>() == form::members)
                schema["additionalProperties"] = {{"$ref", "#/$defs/value"}};
            else if constexpr (form_of<bare<member>>() == form::object)
                add_members<bare<member>>(schema, is_sometimes);
            return;
        }
        const std::string name(row.name);
        schema["properties"][name] = schema_of<bare<member>>();
        schema["properties"][name]["description"] = row.description;
        if (!is_sometimes) schema["required"].push_back(name);
    });
}

template <class T>
schema_json object_schema() {
    schema_json s{{"type", "object"}, {"properties", schema_json::object()}, {"additionalProperties", false}};
    add_members<T>(s, false);
    return s;
}

template <class Names>
schema_json code_schema() {
    schema_json names = schema_json::array();
    for (const named_code& c : Names::table) names.push_back(c.name);
    const schema_json number =
        Names::unknown.empty()
            ? schema_json{{"type", "integer"}, {"minimum", 0}}
            : schema_json{{"type", "string"}, {"pattern", "^" + std::string(Names::unknown) + "[0-9]+$"}};
    return {{"anyOf", {{{"enum", names}}, number}}};
}

/// Of an element of a list: one that has no value is null.
template <class T>
schema_json element_schema() {
    if constexpr (is_optional<T>)
        return {{"anyOf", {schema_of<bare<T>>(), {{"type", "null"}}}}};
    else
        return schema_of<T>();
}

template <class T>
schema_json schema_of() {
    constexpr form f = form_of<T>();
    const schema_json wire_ref{{"$ref", "#/$defs/wire"}};
    if constexpr (f == form::boolean)
        return {{"type", "boolean"}};
    else if constexpr (f == form::unsigned_number)
        return {{"type", "integer"}, {"minimum", 0}};
    else if constexpr (f == form::signed_number)
        return {{"type", "integer"}};
    else if constexpr (f == form::real)
        return {{"anyOf", {{{"type", "number"}}, {{"enum", {"inf", "-inf", "nan"}}}}}};
    else if constexpr (f == form::seconds)
        return {{"type", "number"}};
    else if constexpr (f == form::time)
        return {{"type", "string"},
                {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$"}};
    else if constexpr (f == form::text || f == form::address)
        return {{"type", "string"}};
    else if constexpr (f == form::wire)
        return wire_ref;
    else if constexpr (f == form::word)
        return {{"enum", words<T>::names}};
    else if constexpr (f == form::code)
        return code_schema<typename T::names>();
    else if constexpr (f == form::headers)
        return {{"type", "object"},
                {"additionalProperties",
                 {{"anyOf", {wire_ref, {{"type", "array"}, {"items", wire_ref}, {"minItems", 2}}}}}}};
    else if constexpr (f == form::header_list)
        return {{"type", "array"},
                {"items", {{"type", "array"}, {"items", wire_ref}, {"minItems", 2}, {"maxItems", 2}}}};
    else if constexpr (f == form::tallies)
        return {{"type", "object"}, {"additionalProperties", {{"type", "integer"}, {"minimum", 1}}}};
    else if constexpr (f == form::value)
        return {{"$ref", "#/$defs/value"}};
    else if constexpr (f == form::members)
        return {{"type", "object"}, {"additionalProperties", {{"$ref", "#/$defs/value"}}}};
    else if constexpr (f == form::list)
        return {{"type", "array"}, {"items", element_schema<element<T>>()}};
    else {
        static_assert(f == form::object, "this form has no schema");
        return object_schema<T>();
    }
}

/// One line: `event` stands after `ts`.
template <is_event E>
schema_json event_schema() {
    schema_json s = object_schema<E>();
    schema_json properties = schema_json::object();
    for (const auto& [key, member] : s["properties"].items()) {
        properties[key] = member;
        if (key == "ts") properties["event"] = {{"const", E::name}};
    }
    s["properties"] = properties;
    s["required"].push_back("event");
    s["description"] = E::when;
    return s;
}

} // namespace weir::event
