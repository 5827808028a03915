//! Checks that no regular expression can do, run on what a regex has matched: one file for each family.

mod card;
mod checksum;
#[cfg(feature = "compile")]
mod form;
mod iban;
#[cfg(feature = "compile")]
mod kinds;
mod mail;
mod network;
mod number;
mod phone;
mod random;
mod token;
mod wallet;

use core::ops::Range;

use crate::claim::Groups;
#[cfg(feature = "compile")]
use form::Form;
#[cfg(feature = "compile")]
use kinds::{americas, asia_pacific_africa, devices, europe, europe_north_east};
use number::Number;

/// How a validation works.
#[cfg(feature = "compile")]
enum Kind {
    Function(Function),
    /// A number of this kind.
    Form(&'static Form),
}

/// A check as a pack names it: a function, by its place in [`Function::ALL`], or a kind of number.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    Function(Function),
    Number(Number),
}

/// A check that is code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Luhn,
    PaymentCard,
    Iban,
    Entropy,
    Assigned,
    Password,
    UrlPassword,
    Crc32Token,
    JsonWebToken,
    Ipv4,
    Ipv6,
    Mac,
    Phone,
    Base58Check,
    Bech32,
    Mail,
}

impl Function {
    const ALL: [Self; 16] = [
        Self::Luhn,
        Self::PaymentCard,
        Self::Iban,
        Self::Entropy,
        Self::Assigned,
        Self::Password,
        Self::UrlPassword,
        Self::Crc32Token,
        Self::JsonWebToken,
        Self::Ipv4,
        Self::Ipv6,
        Self::Mac,
        Self::Phone,
        Self::Base58Check,
        Self::Bech32,
        Self::Mail,
    ];

    fn accepted(self, text: &[u8], found: Range<usize>) -> Option<Accepted> {
        let accepted = match self {
            Self::Luhn => card::luhn(text, found),
            Self::PaymentCard => card::payment_card(text, found),
            Self::Iban => iban::iban(text, found),
            Self::Entropy => random::entropy(text, found),
            Self::Assigned => random::assigned(text, found),
            Self::Password => random::password(text, found),
            Self::UrlPassword => random::url_password(text, found),
            Self::Crc32Token => token::crc32_base62(text, found),
            Self::JsonWebToken => token::json_web_token(text, found),
            Self::Ipv4 => network::ipv4(text, found),
            Self::Ipv6 => network::ipv6(text, found),
            Self::Mac => network::mac(text, found),
            Self::Phone => return phone::phone(text, found),
            Self::Base58Check => wallet::base58check(text, found),
            Self::Bech32 => wallet::bech32(text, found),
            Self::Mail => mail::address(text, found),
        };
        accepted.map(Accepted::unsure)
    }
}

impl Check {
    /// Bytes after a match that are looked at, at most.
    pub(crate) const OUTLOOK: usize = 2;

    /// What a pack says: a function by its place, or a number if there are bytes of one. Nothing if it makes no sense.
    pub(crate) fn load(function: u8, number: &[u8]) -> Option<Self> {
        if number.is_empty() {
            Function::ALL.get(usize::from(function)).copied().map(Self::Function)
        } else {
            Number::load(number).map(Self::Number)
        }
    }

    /// The part of a match that passes, if any does.
    ///
    /// A regex may take in a word too many after the number (a card's security code, say), so shorter candidates that
    /// end at a separator are tried as well. What stands around the match may be looked at, though no more
    /// than [`Self::OUTLOOK`] bytes after it: text that flows is held back for those.
    pub(crate) fn accepted(&self, text: &[u8], found: Range<usize>) -> Option<Accepted> {
        match self {
            Self::Function(function) => function.accepted(text, found),
            Self::Number(number) => number.accepted(text, &found),
        }
    }

    /// The groups of digits in what can be accepted; none if it can be anything.
    pub(crate) fn groups(&self) -> Vec<Groups> {
        match self {
            Self::Function(_) => Vec::new(),
            Self::Number(number) => number.groups(),
        }
    }
}

/// What passed of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) range: Range<usize>,
    /// Whether the way it is written says what it is, so that no word need.
    pub(crate) telling: bool,
}

impl Accepted {
    pub(crate) const fn unsure(range: Range<usize>) -> Self {
        Self { range, telling: false }
    }
}

/// Declares the validations, for those who write packs: doc comment, variant, name in policy documents, and check.
#[cfg(feature = "compile")]
macro_rules! validations {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal => $kind:ident($check:expr),)+) => {
        /// A check of what a regex has matched. What fails it is not a finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Validation {
            $($(#[$doc])+ $variant,)+
        }

        impl Validation {
            /// Every validation, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name used in policy documents.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            const fn kind(self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$kind($check),)+
                }
            }
        }
    };
}

#[cfg(feature = "compile")]
validations! {
    /// The check digit of payment cards, ISO/IEC 7812-1 annex B, over 12 to 19 digits with spaces or dashes between.
    Luhn = "luhn" => Function(Function::Luhn),
    /// A payment card: the check digit, and digits that an issuer's cards begin with.
    PaymentCard = "payment-card" => Function(Function::PaymentCard),
    /// Equipment identity of a mobile telephone.
    Imei = "imei" => Form(&devices::IMEI),
    /// The check digits of a bank account number, ISO 13616 (ISO 7064 mod 97-10), and the structure its country has.
    IbanMod97 = "iban-mod97" => Function(Function::Iban),
    /// The token at the end of the match looks random, and like nobody's example.
    Entropy = "entropy" => Function(Function::Entropy),
    /// As `entropy`, for what only its name makes a secret: it must not look like words either.
    AssignedSecret = "assigned-secret" => Function(Function::Assigned),
    /// The value at the end of the match can be a password.
    Password = "password" => Function(Function::Password),
    /// The password in an address such as `scheme://user:password@host`, unless it is a variable or stands for one.
    UrlPassword = "url-password" => Function(Function::UrlPassword),
    /// A token that ends in a CRC-32 in base 62, or else looks random.
    Crc32Token = "crc32-token" => Function(Function::Crc32Token),
    /// A JSON Web Token, RFC 7519.
    JsonWebToken = "json-web-token" => Function(Function::JsonWebToken),
    /// An IPv4 address of a machine.
    Ipv4 = "ipv4" => Function(Function::Ipv4),
    /// An IPv6 address of a machine.
    Ipv6 = "ipv6" => Function(Function::Ipv6),
    /// A hardware address.
    Mac = "mac" => Function(Function::Mac),
    /// A telephone number: with its country, ITU-T E.164, or in the groups of a national plan, or else digits that
    /// can be one.
    Phone = "phone" => Function(Function::Phone),
    /// An address of Bitcoin and others in Base58Check.
    Base58Check = "base58check" => Function(Function::Base58Check),
    /// An address of Bitcoin and others in Bech32 or Bech32m.
    Bech32 = "bech32" => Function(Function::Bech32),
    /// An address of mail: it does not end as a file does, and is no account by which programs fetch code.
    MailAddress = "mail-address" => Function(Function::Mail),
    /// Social security number of the United States.
    UsSsn = "us-ssn" => Form(&americas::US_SSN),
    /// Individual taxpayer number of the United States.
    UsItin = "us-itin" => Form(&americas::US_ITIN),
    /// Employer identification number of the United States.
    UsEin = "us-ein" => Form(&americas::US_EIN),
    /// Routing number of a bank in the United States.
    UsRouting = "us-routing" => Form(&americas::US_ROUTING),
    /// Health care provider identifier of the United States.
    UsNpi = "us-npi" => Form(&americas::US_NPI),
    /// Drug enforcement registration of the United States.
    UsDea = "us-dea" => Form(&americas::US_DEA),
    /// Medicare number of the United States.
    UsMedicare = "us-medicare" => Form(&americas::US_MEDICARE),
    /// Social insurance number of Canada.
    CanadaSin = "canada-sin" => Form(&americas::CANADA_SIN),
    /// Taxpayer number of people in Brazil.
    BrazilCpf = "brazil-cpf" => Form(&americas::BRAZIL_CPF),
    /// Taxpayer number of companies in Brazil.
    BrazilCnpj = "brazil-cnpj" => Form(&americas::BRAZIL_CNPJ),
    /// Population register number of Mexico.
    MexicoCurp = "mexico-curp" => Form(&americas::MEXICO_CURP),
    /// Tax identification of Argentina.
    ArgentinaCuit = "argentina-cuit" => Form(&americas::ARGENTINA_CUIT),
    /// Role number of Chile.
    ChileRut = "chile-rut" => Form(&americas::CHILE_RUT),
    /// National insurance number of the United Kingdom.
    UkNino = "uk-nino" => Form(&europe::UK_NINO),
    /// Number of the National Health Service of the United Kingdom.
    UkNhs = "uk-nhs" => Form(&europe::UK_NHS),
    /// Driving licence of Great Britain.
    UkDrivingLicence = "uk-driving-licence" => Form(&europe::UK_DRIVING_LICENCE),
    /// Tax identification of Germany.
    GermanyTaxId = "germany-tax-id" => Form(&europe::GERMANY_TAX_ID),
    /// Identity card or passport of Germany.
    GermanyIdCard = "germany-id-card" => Form(&europe::GERMANY_ID_CARD),
    /// Pension insurance number of Germany.
    GermanyPension = "germany-pension" => Form(&europe::GERMANY_PENSION),
    /// Health insurance number of Germany.
    GermanyHealth = "germany-health" => Form(&europe::GERMANY_HEALTH),
    /// Register number of France.
    FranceNir = "france-nir" => Form(&europe::FRANCE_NIR),
    /// Identity number of Spain.
    SpainDni = "spain-dni" => Form(&europe::SPAIN_DNI),
    /// Identity number of foreigners in Spain.
    SpainNie = "spain-nie" => Form(&europe::SPAIN_NIE),
    /// Tax code of Italy.
    ItalyTaxCode = "italy-tax-code" => Form(&europe::ITALY_TAX_CODE),
    /// Value added tax number of Italy.
    ItalyVat = "italy-vat" => Form(&europe::ITALY_VAT),
    /// Taxpayer number of Portugal.
    PortugalNif = "portugal-nif" => Form(&europe::PORTUGAL_NIF),
    /// Citizen service number of the Netherlands.
    NetherlandsBsn = "netherlands-bsn" => Form(&europe::NETHERLANDS_BSN),
    /// National register number of Belgium.
    BelgiumNational = "belgium-national" => Form(&europe::BELGIUM_NATIONAL),
    /// Social insurance number of Austria.
    AustriaSocial = "austria-social" => Form(&europe::AUSTRIA_SOCIAL),
    /// Social insurance number of Switzerland.
    SwitzerlandAhv = "switzerland-ahv" => Form(&europe::SWITZERLAND_AHV),
    /// Personal public service number of Ireland.
    IrelandPps = "ireland-pps" => Form(&europe::IRELAND_PPS),
    /// Personal identity number of Sweden.
    SwedenPersonal = "sweden-personal" => Form(&europe_north_east::SWEDEN_PERSONAL),
    /// Number of an organisation in Sweden.
    SwedenOrganisation = "sweden-organisation" => Form(&europe_north_east::SWEDEN_ORGANISATION),
    /// National identity number of Norway.
    NorwayNational = "norway-national" => Form(&europe_north_east::NORWAY_NATIONAL),
    /// Personal identity code of Finland.
    FinlandPersonal = "finland-personal" => Form(&europe_north_east::FINLAND_PERSONAL),
    /// Civil register number of Denmark.
    DenmarkCpr = "denmark-cpr" => Form(&europe_north_east::DENMARK_CPR),
    /// Personal identity number of Iceland.
    IcelandKennitala = "iceland-kennitala" => Form(&europe_north_east::ICELAND_KENNITALA),
    /// Register number of people in Poland.
    PolandPesel = "poland-pesel" => Form(&europe_north_east::POLAND_PESEL),
    /// Taxpayer number of Poland.
    PolandNip = "poland-nip" => Form(&europe_north_east::POLAND_NIP),
    /// Birth number of the Czech Republic and Slovakia.
    CzechBirth = "czech-birth" => Form(&europe_north_east::CZECH_BIRTH),
    /// Personal code of Romania.
    RomaniaCnp = "romania-cnp" => Form(&europe_north_east::ROMANIA_CNP),
    /// Uniform civil number of Bulgaria.
    BulgariaEgn = "bulgaria-egn" => Form(&europe_north_east::BULGARIA_EGN),
    /// Personal identification number of Croatia.
    CroatiaOib = "croatia-oib" => Form(&europe_north_east::CROATIA_OIB),
    /// Social security number of Greece.
    GreeceAmka = "greece-amka" => Form(&europe_north_east::GREECE_AMKA),
    /// Social security number of Hungary.
    HungaryTaj = "hungary-taj" => Form(&europe_north_east::HUNGARY_TAJ),
    /// Personal code of Estonia and Lithuania.
    BalticPersonal = "baltic-personal" => Form(&europe_north_east::BALTIC_PERSONAL),
    /// Identity number of Turkey.
    TurkeyId = "turkey-id" => Form(&europe_north_east::TURKEY_ID),
    /// Aadhaar number of India.
    IndiaAadhaar = "india-aadhaar" => Form(&asia_pacific_africa::INDIA_AADHAAR),
    /// Permanent account number of India.
    IndiaPan = "india-pan" => Form(&asia_pacific_africa::INDIA_PAN),
    /// Resident identity number of China.
    ChinaResident = "china-resident" => Form(&asia_pacific_africa::CHINA_RESIDENT),
    /// Identity card of Hong Kong.
    HongKongId = "hong-kong-id" => Form(&asia_pacific_africa::HONG_KONG_ID),
    /// Identity card of Taiwan.
    TaiwanId = "taiwan-id" => Form(&asia_pacific_africa::TAIWAN_ID),
    /// Individual number of Japan.
    JapanMyNumber = "japan-my-number" => Form(&asia_pacific_africa::JAPAN_MY_NUMBER),
    /// Registration number of residents and foreigners in South Korea.
    KoreaResident = "korea-resident" => Form(&asia_pacific_africa::KOREA_RESIDENT),
    /// Identity number of Singapore.
    SingaporeNric = "singapore-nric" => Form(&asia_pacific_africa::SINGAPORE_NRIC),
    /// Identity card of Malaysia.
    MalaysiaMykad = "malaysia-mykad" => Form(&asia_pacific_africa::MALAYSIA_MYKAD),
    /// Identity number of Thailand.
    ThailandId = "thailand-id" => Form(&asia_pacific_africa::THAILAND_ID),
    /// Identity number of Indonesia.
    IndonesiaNik = "indonesia-nik" => Form(&asia_pacific_africa::INDONESIA_NIK),
    /// Identity card of Pakistan.
    PakistanCnic = "pakistan-cnic" => Form(&asia_pacific_africa::PAKISTAN_CNIC),
    /// Identity number of the United Arab Emirates.
    EmiratesId = "emirates-id" => Form(&asia_pacific_africa::EMIRATES_ID),
    /// Identity number of Saudi Arabia.
    SaudiId = "saudi-id" => Form(&asia_pacific_africa::SAUDI_ID),
    /// Identity number of Israel.
    IsraelId = "israel-id" => Form(&asia_pacific_africa::ISRAEL_ID),
    /// Tax file number of Australia.
    AustraliaTfn = "australia-tfn" => Form(&asia_pacific_africa::AUSTRALIA_TFN),
    /// Medicare number of Australia.
    AustraliaMedicare = "australia-medicare" => Form(&asia_pacific_africa::AUSTRALIA_MEDICARE),
    /// Business number of Australia.
    AustraliaAbn = "australia-abn" => Form(&asia_pacific_africa::AUSTRALIA_ABN),
    /// Company number of Australia.
    AustraliaAcn = "australia-acn" => Form(&asia_pacific_africa::AUSTRALIA_ACN),
    /// Identity number of South Africa.
    SouthAfricaId = "south-africa-id" => Form(&asia_pacific_africa::SOUTH_AFRICA_ID),
    /// National number of Egypt.
    EgyptNational = "egypt-national" => Form(&asia_pacific_africa::EGYPT_NATIONAL),
}

#[cfg(feature = "compile")]
impl Validation {
    /// The validation of that name, if there is one. Names are case-sensitive.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|validation| validation.as_str() == text)
    }

    /// Whether something may be accepted that needs no words around it.
    pub(crate) fn may_tell(self) -> bool {
        match self.kind() {
            Kind::Function(function) => function == Function::Phone,
            Kind::Form(form) => !form.telling.is_empty(),
        }
    }

    /// What [`Check::load`] reads: the place of a function, and the bytes of a kind of number.
    pub(crate) fn pack(self) -> (u8, Vec<u8>) {
        match self.kind() {
            Kind::Function(function) => (function as u8, Vec::new()),
            Kind::Form(form) => (0, form.pack()),
        }
    }
}

#[cfg(feature = "compile")]
impl core::fmt::Display for Validation {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for validation in Validation::ALL {
            assert_eq!(Validation::parse(validation.as_str()), Some(*validation));
        }
        assert_eq!(Validation::parse("Luhn"), None);
    }

    #[test]
    fn what_is_packed_is_loaded() {
        for validation in Validation::ALL {
            let (function, number) = validation.pack();
            let check = Check::load(function, &number).unwrap();
            match validation.kind() {
                Kind::Function(expected) => assert!(matches!(check, Check::Function(found) if found == expected)),
                Kind::Form(form) => assert!(matches!(check, Check::Number(found) if found == form.number())),
            }
        }
        assert!(Check::load(16, &[]).is_none());
        assert!(Check::load(0, &[9, b'9']).is_none());
    }
}
