//! Every vector of `vectors/auth.json` through the public API: what is signed, what is written, and that it verifies.
//!
//! Any file of that format can stand in its place. A mode or field this test does not know is a failure, and so is a field it does not
//! look at.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "this is a test")]
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc, reason = "tests have std")]

mod cloud;
mod device;
mod mqtt;
mod subdevice;

use std::cell::RefCell;
use std::collections::BTreeMap;

use iot_auth::{Case, Device, Method, Secret, SigningKey};
use serde_json::{Map, Value};

/// A JSON object whose members must all be taken.
struct Object {
    name: String,
    members: RefCell<Map<String, Value>>,
}

impl Object {
    fn new(name: String, value: Value) -> Self {
        let Value::Object(members) = value else { panic!("{name} is no object") };
        Self { name, members: RefCell::new(members) }
    }

    fn maybe(&self, field: &str) -> Option<Value> {
        self.members.borrow_mut().remove(field)
    }

    fn value(&self, field: &str) -> Value {
        self.maybe(field).unwrap_or_else(|| panic!("{} lacks {field}", self.name))
    }

    fn object(&self, field: &str) -> Self {
        Self::new(format!("{}.{field}", self.name), self.value(field))
    }

    fn text(&self, field: &str) -> String {
        match self.value(field) {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            other => panic!("{}.{field} is {other}", self.name),
        }
    }

    /// `None` for null or nothing.
    fn text_or_none(&self, field: &str) -> Option<String> {
        match self.maybe(field)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    fn number(&self, field: &str) -> u64 {
        self.value(field).as_u64().unwrap_or_else(|| panic!("{}.{field}", self.name))
    }

    fn flag(&self, field: &str) -> bool {
        self.value(field).as_bool().unwrap_or_else(|| panic!("{}.{field}", self.name))
    }

    fn is(&self, field: &str, ours: impl AsRef<str>) {
        assert_eq!(ours.as_ref(), self.text(field), "{}.{field}", self.name);
    }

    /// Equal as JSON: the order of members is free.
    fn is_json(&self, field: &str, ours: &str) {
        let ours: Value = serde_json::from_str(ours).unwrap_or_else(|error| panic!("{ours}: {error}"));
        assert_eq!(ours, self.value(field), "{}.{field}", self.name);
    }

    fn done(&self) {
        let left: Vec<String> = self.members.borrow().keys().cloned().collect();
        assert!(left.is_empty(), "{} holds fields nobody looks at: {left:?}", self.name);
    }
}

/// One vector.
struct Vector {
    input: Object,
    expect: Object,
}

impl Vector {
    fn secret(&self, field: &str) -> Secret {
        Secret::new(&self.input.text(field)).unwrap()
    }

    fn upper_and_lower(&self, field: &str, key: &SigningKey, content: &impl iot_auth::Pieces) {
        let signature = key.sign(content);
        self.expect.is(&format!("{field}_upper"), signature.hex(Case::Upper));
        self.expect.is(&format!("{field}_lower"), signature.hex(Case::Lower));
    }
}

/// The device, by the strict rule where it holds: some vectors use names the platform would not take.
fn device<'a>(product_key: &'a str, device_name: &'a str) -> Device<'a> {
    Device::new(product_key, device_name)
        .or_else(|_| Device::lenient(product_key, device_name))
        .unwrap_or_else(|error| panic!("{product_key} {device_name}: {error}"))
}

/// Seconds with a fraction, as milliseconds.
fn millis(seconds: &str) -> u64 {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u64>().unwrap() * 1000 + fraction.parse::<u64>().unwrap()
}

/// Any method the vectors may name that this build leaves out.
fn left_out(value: &Value) -> bool {
    let text = value.to_string().to_lowercase();
    // An absent method means HMAC-MD5 wherever it may be absent.
    Method::parse("hmacmd5").is_err()
        && (text.contains("hmacmd5")
            || text.contains("\"sign_method\":null")
            || text.contains("coap_auth_c_sdk_v3"))
}

type Check = fn(&Vector);

const MODES: &[(&str, Check)] = &[
    ("mqtt_secret", mqtt::secret),
    ("mqtt_secret_c_sdk_v3", mqtt::secret_c_sdk_v3),
    ("mqtt_secret_c_sdk_v4", mqtt::secret_c_sdk_v4),
    ("mqtt_secret_assigned_clientid", mqtt::secret_assigned_client_id),
    ("mqtt_secret_npm_device_sdk", mqtt::secret_javascript),
    ("mqtt_secret_npm_aliyun_iot_mqtt", mqtt::secret_old_package),
    ("mqtt_secret_python_linkkit", mqtt::secret_python),
    ("mqtt_dynreg", mqtt::register),
    ("mqtt_dynreg_c_sdk_v3", mqtt::register_c_sdk_v3),
    ("mqtt_dynreg_c_sdk_v4", mqtt::register_c_sdk_v4),
    ("mqtt_dynreg_python_linkkit", mqtt::register_python),
    ("mqtt_dynreg_response", mqtt::registered),
    ("tls_psk", mqtt::tls_psk),
    ("x509_connect", mqtt::certificate),
    ("x509_binding_csv", mqtt::binding_csv),
    ("x509_identity_response", mqtt::identity_response),
    ("itls_id2_clientid", mqtt::id2),
    ("https_dynreg", device::https_register),
    ("https_dynreg_c_sdk_v3", device::https_register_c_sdk_v3),
    ("https_dynreg_c_sdk_v4", device::https_register_c_sdk_v4),
    ("https_dynreg_python_linkkit", device::https_register_python),
    ("https_dynreg_npm_device_sdk", device::https_register_javascript),
    ("https_auth", device::https_auth),
    ("https_auth_c_sdk_v3", device::https_auth_c_sdk_v3),
    ("https_auth_c_sdk_v4", device::https_auth_c_sdk_v4),
    ("https_publish", device::https_publish),
    ("https_preauth_devicename", device::https_legacy),
    ("https_bootstrap", device::https_bootstrap),
    ("coap_auth", device::coap_auth),
    ("coap_auth_c_sdk_v3", device::coap_auth_c_sdk_v3),
    ("coap_auth_v4_format", device::coap_auth_c_sdk_v4),
    ("coap_session", device::coap_session),
    ("coap_dynreg", device::coap_register),
    ("http2_device_headers_c_sdk_v3", device::http2_c_sdk_v3),
    ("http2_device_headers_python_linkkit", device::http2_python),
    ("http2_appkey_headers", device::http2_app_key),
    ("subdev_topo_add", subdevice::topo_add),
    ("subdev_login", subdevice::login),
    ("subdev_topo_add_c_sdk_v3", subdevice::topo_add_c_sdk_v3),
    ("subdev_login_c_sdk_v3", subdevice::login_c_sdk_v3),
    ("subdev_product_register_c_sdk_v3", subdevice::product_register_c_sdk_v3),
    ("subdev_topo_add_c_sdk_v4", subdevice::topo_add_c_sdk_v4),
    ("subdev_batch_login_c_sdk_v4", subdevice::batch_login_c_sdk_v4),
    ("subdev_product_register_c_sdk_v4", subdevice::product_register_c_sdk_v4),
    ("subdev_register", subdevice::register),
    ("subdev_topo_add_python_linkkit", subdevice::topo_add_python),
    ("subdev_batch_login_python_linkkit", subdevice::batch_login_python),
    ("subdev_product_register_python_linkkit", subdevice::product_register_python),
    ("subdev_sign_npm_device_sdk", subdevice::javascript),
    ("pop_rpc", cloud::openapi),
    ("pop_rpc_sign", cloud::openapi_sign),
    ("pop_percent_encode", cloud::percent_encode),
    ("amqp", cloud::amqp),
    ("amqp_ststoken", cloud::amqp_role),
    ("mns_authorization", cloud::mns),
    ("device_name_rule", cloud::device_name_rule),
    ("endpoint", cloud::endpoint),
];

#[test]
fn every_vector() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/auth.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut seen = BTreeMap::new();
    for vector in file["vectors"].as_array().unwrap() {
        let vector_object = Object::new(String::from("vector"), vector.clone());
        let id = vector_object.text("id");
        let mode = vector_object.text("mode");
        for told in ["by", "note", "quirk", "crosschecked_with_independent_python"] {
            vector_object.maybe(told);
        }
        let checked = Vector {
            input: Object::new(format!("{id}.input"), vector_object.value("input")),
            expect: Object::new(format!("{id}.expect"), vector_object.value("expect")),
        };
        vector_object.done();
        let Some((_, check)) = MODES.iter().find(|(name, _)| *name == mode) else {
            panic!("{id}: unknown mode {mode}")
        };
        if left_out(vector) || (cfg!(not(feature = "cbc")) && mode == "coap_session") {
            println!("{id}: left out of this build");
            continue;
        }
        println!("{id}");
        check(&checked);
        checked.input.done();
        checked.expect.done();
        *seen.entry(mode).or_insert(0) += 1;
    }
    println!("{} vectors in {} modes", seen.values().sum::<usize>(), seen.len());
    assert!(!seen.is_empty());
}

#[test]
#[should_panic(expected = "nobody looks at")]
fn an_unknown_field_is_noticed() {
    let object = Object::new(String::from("object"), serde_json::json!({"known": "1", "unknown": "2"}));
    object.is("known", "1");
    object.done();
}
